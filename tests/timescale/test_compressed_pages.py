"""A page of compressed rows costs what a page costs, however many rows its chunk has."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest

from cryptoviz.timescale import cursor as cursors
from cryptoviz.timescale import history, seam
from cryptoviz.timescale.page import Page
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.statements import query
from tests.timescale.servers import Server
from tests.timescale.weeks import DAY, run_jobs, this_hour

# Its time, and its price.
Ticker: TypeAlias = tuple[datetime, float]

ROWS = 12_000
# TimescaleDB compresses a thousand rows at a time.
BATCHES = 12
PAGE = 100

# What makes row n of a table, at the time t; the rows of one pair, two of each time.
ROW = {
    "ticker_data": "t, 'A/USD', n, NULL, NULL, NULL, 0, n",
    "trade_data": "t, 'A/USD', n, 1, 'b', 0, n",
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all nodes of a plan, each before those below it."""
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def batches_read(plan: dict[str, Any]) -> int:
    """Return how many compressed rows the plan took out of its chunks."""
    decompressing = [
        node
        for node in nodes(plan)
        # Its name depends on the version of TimescaleDB.
        if node.get("Custom Plan Provider") in ("DecompressChunk", "ColumnarScan")
    ]
    assert decompressing
    return sum(
        int(below["Actual Rows"]) * int(below["Actual Loops"])
        for node in decompressing
        for below in node["Plans"]
    )


async def fill(pool: Pool, table: str, start: datetime) -> None:
    """Store rows of one pair, two each second."""
    await pool.execute(
        f"INSERT INTO {table} SELECT {ROW[table]}"
        f" FROM (SELECT n, $1::timestamptz + n / 2 * INTERVAL '1 second' AS t"
        f"  FROM generate_series(0, {ROWS - 1}) AS n) AS rows",
        start,
    )


@pytest.mark.parametrize(
    ("statement", "table"), [("tickers", "ticker_data"), ("trades", "trade_data")]
)
async def test_a_page_opens_few_batches_of_a_compressed_chunk(
    timescale: Server, pool: Pool, statement: str, table: str
) -> None:
    start = this_hour() - 20 * DAY
    await fill(pool, table, start)
    end = start + timedelta(seconds=ROWS // 2 - 500)
    asked = (start - DAY, end, -1, -1, PAGE + 1, "A/USD")
    before = await pool.fetchrow(query(statement), *asked)
    await run_jobs(pool, "policy_compression")
    await pool.execute(f"ANALYZE {table}")

    explained = await pool.fetchval(
        f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query(statement)}", *asked
    )

    after = await pool.fetchrow(query(statement), *asked)
    assert after == before
    assert after["found"] == PAGE + 1
    # Once to find where the page ends and once for its rows; two each if it lies across the end of
    # a batch.
    assert 2 <= batches_read(json.loads(explained)[0]["Plan"]) <= 4 < BATCHES


@pytest.fixture
async def start(timescale: Server, pool: Pool) -> datetime:
    """Store tickers from a time on, then late ones among them; all are compressed in the end."""
    start = this_hour() - 20 * DAY
    await fill(pool, "ticker_data", start)
    await run_jobs(pool, "policy_compression")
    late = [
        (start + timedelta(seconds=n), "A/USD", 0.0, None, None, None, 0, ROWS + index)
        for index, n in enumerate(range(5, ROWS // 2, 31))
    ]
    await pool.copy_records_to_table("ticker_data", records=late)
    await run_jobs(pool, "policy_compression")
    await pool.execute("ANALYZE ticker_data")
    return start


async def stored(pool: Pool, below: int) -> list[Ticker]:
    """Return the tickers with an offset *below*, in the order of pages."""
    rows = await pool.fetch(
        # Read in no order of an index, then sorted.
        "SELECT timestamp, last FROM (SELECT * FROM ticker_data OFFSET 0) AS rows"
        " WHERE source_offset < $1 ORDER BY timestamp DESC, source_offset DESC",
        below,
    )
    return [(row["timestamp"], row["last"]) for row in rows]


async def walked(page_behind: Callable[[str | None], Awaitable[Page]]) -> list[Ticker]:
    """Return the tickers of all pages."""
    read: list[Ticker] = []
    page = await page_behind(None)
    while True:
        for row in json.loads(page.body):
            read.append((datetime.fromisoformat(row["timestamp"]), row["last"]))
        if page.next_cursor is None:
            return read
        page = await page_behind(page.next_cursor)


async def test_pages_keep_their_order_when_late_rows_are_compressed_too(
    pool: Pool, start: datetime
) -> None:
    read = await walked(
        lambda cursor: history.tickers(pool, "A/USD", start, start + DAY, 97, cursor)
    )

    assert len(read) > ROWS
    assert read == await stored(pool, 2 * ROWS)


async def test_pages_behind_one_that_a_stream_goes_on_from_leave_late_rows_to_it(
    pool: Pool, start: datetime
) -> None:
    read = await walked(
        lambda cursor: seam.older(
            pool,
            "tickers",
            start,
            start + DAY,
            97,
            cursor or cursors.encode("tickers", start + DAY, [0, 0]),
            [ROWS],
            "A/USD",
        )
    )

    assert len(read) == ROWS
    assert read == await stored(pool, ROWS)
