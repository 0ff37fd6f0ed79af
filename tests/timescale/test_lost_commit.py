"""A COMMIT whose answer is lost on the wire is not repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.sink import TICKERS, Refused, Written, write
from tests.timescale.conftest import opened
from tests.timescale.rows import a_ticker, ticker_rows


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
