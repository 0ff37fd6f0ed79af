"""Nothing is lost and nothing is written twice, whoever is killed and whenever."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import asyncpg
import pytest

from cryptoviz.local.database import Database
from cryptoviz.timescale.migrate import migrate
from cryptoviz.timescale.pool import Pool, connect
from cryptoviz.timescale.sink import TICKERS, Refused, Written, next_offset, write
from tests.timescale.conftest import a_database
from tests.timescale.rows import NOON, a_ticker, ticker_rows
from tests.timescale.servers import Server

PARTITIONS = (0, 1)
ROWS_EACH = 60_000
DEADLINE_S = 60.0
SEED = random.randrange(2**32)


@pytest.fixture(scope="module")
def own_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Run a PostgreSQL that a test may kill without harm to others."""
    with Database(tmp_path_factory.mktemp("killed-postgres")) as running:
        yield running


@pytest.fixture
async def own_dsn(own_database: Database) -> str:
    """Return the URL of a new migrated schema in the database that may be killed."""
    name = f"t{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(own_database.start().dsn)
    await connection.execute(f"CREATE SCHEMA {name}")
    await connection.close()
    dsn = Server("postgresql", own_database.dsn, timescale=False).within(name)
    await migrate(dsn, retention_days="off")
    return dsn


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[Pool]:
    pool = await connect(a_database(dsn, timeout_s=5.0))
    try:
        yield pool
    finally:
        pool.terminate()


async def drain(pool: Pool, partition: int, chance: random.Random) -> int:
    """Write a partition's offsets to the end as a worker does; return how many rows landed."""
    landed = 0
    position = await next_offset(pool, "rawticker", partition) or 0
    while position < ROWS_EACH:
        end = min(ROWS_EACH, position + chance.randrange(1, 2_000))
        offsets = range(position, end)
        rows = [
            (NOON + timedelta(milliseconds=n), "A/B", float(n), None, None, None, partition, n)
            for n in offsets
        ]
        written = await write(pool, TICKERS, "rawticker", partition, position, end, rows, offsets)
        landed += written.rows
        position = written.next
    return landed


async def killed_while_draining(dsns: list[str], disturb: Callable[[], object]) -> list[int]:
    """Let a rival a DSN drain every partition, while *disturb* runs again and again."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    async with asyncio.timeout(DEADLINE_S), opened(dsns[0]) as one, opened(dsns[1]) as other:
        rivals = [
            asyncio.create_task(drain(pool, partition, random.Random(chance.random())))
            for pool in (one, other)
            for partition in PARTITIONS
        ]
        disturbances = 0
        while not all(rival.done() for rival in rivals):
            await asyncio.wait(rivals, timeout=chance.uniform(0.005, 0.05))
            outcome = disturb()
            if asyncio.iscoroutine(outcome):
                await outcome
            disturbances += 1
        return [disturbances, *[await rival for rival in rivals]]


async def assert_exactly_once(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT source_partition, count(*), count(DISTINCT source_offset) AS offsets,"
        " min(source_offset), max(source_offset), sum(last) AS total"
        " FROM ticker_data GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [
        (partition, ROWS_EACH, ROWS_EACH, 0, ROWS_EACH - 1, ROWS_EACH * (ROWS_EACH - 1) / 2)
        for partition in PARTITIONS
    ]


async def test_two_rivals_whose_backends_are_killed_write_every_row_once(
    concurrent: Server, dsn: str, pool: Pool
) -> None:
    killer = await asyncpg.connect(concurrent.dsn)
    kills = 0

    async def kill_one() -> None:
        nonlocal kills
        kills += await killer.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'cryptoviz' AND state <> 'idle'"
            " ORDER BY random() LIMIT 1) AS victim"
        )

    try:
        await killed_while_draining([dsn, dsn], kill_one)
    finally:
        killer.terminate()

    assert kills >= 10
    await assert_exactly_once(pool)


async def test_a_database_that_is_killed_under_load_has_every_row_once(
    own_database: Database, own_dsn: str
) -> None:
    kills = 0

    async def kill_all() -> None:
        nonlocal kills
        if kills < 5:
            kills += 1
            own_database.kill()
            await asyncio.to_thread(own_database.start)

    await killed_while_draining([own_dsn, own_dsn], kill_all)

    assert kills == 5
    async with opened(own_dsn) as pool:
        await assert_exactly_once(pool)


class Wire:
    """A relay before a PostgreSQL socket that can cut a connection between COMMIT and answer."""

    def __init__(self, target: str, directory: Path) -> None:
        self._target = target
        self._directory = directory
        self.cuts_left = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        path = self._directory / ".s.PGSQL.5432"
        server = await asyncio.start_unix_server(self._relay, path)
        async with server:
            yield str(self._directory)

    async def _relay(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        answers, ask = await asyncio.open_unix_connection(self._target)
        relaying = asyncio.create_task(self._copy(answers, back))
        while data := await client.read(65_536):
            ask.write(data)
            if b"COMMIT;" in data and self.cuts_left:
                self.cuts_left -= 1
                relaying.cancel()
                # The server has committed when its answer is here; the client never sees it.
                await answers.read(65_536)
                break
        relaying.cancel()
        ask.close()
        back.close()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            target.write(data)


@asynccontextmanager
async def behind_a_wire(dsn: str, directory: Path) -> AsyncIterator[tuple[Wire, Pool]]:
    """Open a pool whose connections to *dsn* run over a wire that can be cut."""
    settings = parse_qs(urlsplit(dsn).query)
    wire = Wire(f"{settings['host'][0]}/.s.PGSQL.{settings['port'][0]}", directory)
    async with wire.listening() as host:
        query = urlencode({"host": host, "port": 5432, "search_path": settings["search_path"][0]})
        async with opened(f"postgresql://postgres@/postgres?{query}") as pool:
            yield wire, pool


async def test_a_commit_whose_answer_is_lost_is_not_repeated(own_dsn: str, tmp_path: Path) -> None:
    rows = ticker_rows(range(10))
    rows[3] = TICKERS.to_row(a_ticker(pair="\x00"), 0, 3)
    handed_over: list[int] = []

    async def refuse(refused: Sequence[Refused]) -> None:
        handed_over.extend(row.offset for row in refused)

    async with behind_a_wire(own_dsn, tmp_path) as (wire, pool):
        wire.cuts_left = 1
        written: Written = await write(
            pool, TICKERS, "rawticker", 0, 0, 10, rows, range(10), refuse=refuse
        )
        assert wire.cuts_left == 0
        stored = await pool.fetch("SELECT source_offset FROM ticker_data ORDER BY 1")

    assert (written.rows, written.skipped, written.next) == (9, 0, 10)
    assert handed_over == [row.offset for row in written.refused] == [3]
    assert [row["source_offset"] for row in stored] == [0, 1, 2, 4, 5, 6, 7, 8, 9]


async def test_a_worker_starts_while_its_database_is_down(
    own_database: Database, own_dsn: str
) -> None:
    own_database.stop()
    async with opened(own_dsn) as pool:
        asking = asyncio.create_task(next_offset(pool, "rawticker", 0))
        await asyncio.wait([asking], timeout=0.2)
        assert not asking.done()

        await asyncio.to_thread(own_database.start)

        async with asyncio.timeout(DEADLINE_S):
            assert await asking is None


async def test_a_statement_that_takes_too_long_is_given_up_by_the_server(
    concurrent: Server, dsn: str
) -> None:
    pool = await connect(a_database(dsn, timeout_s=0.2))
    try:
        with pytest.raises(asyncpg.QueryCanceledError, match="statement timeout"):
            await pool.fetchval("SELECT pg_sleep(60)")

        assert await pool.fetchval("SELECT 1") == 1
    finally:
        pool.terminate()
