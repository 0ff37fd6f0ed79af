"""Nothing is lost and nothing is written twice, whoever is killed and whenever."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta

import asyncpg

from cryptoviz.local.database import Database
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.sink import TICKERS, next_offset, write
from tests.timescale.conftest import opened
from tests.timescale.rows import NOON
from tests.timescale.servers import Server

PARTITIONS = (0, 1)
ROWS_EACH = 60_000
DEADLINE_S = 60.0
MOST_KILLS = 40
SEED = random.randrange(2**32)


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
        # Without an end a slow machine would never finish a batch between two kills.
        if kills >= MOST_KILLS:
            return
        kills += await killer.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'cryptoviz' AND state <> 'idle'"
            " AND datname = current_database() AND usename = current_user"
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
