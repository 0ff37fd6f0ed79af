"""A page of compressed rows costs what a page costs, however many rows its chunk has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from cryptoviz.timescale import history
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.statements import query
from tests.timescale.servers import Server
from tests.timescale.weeks import DAY, run_jobs, this_hour

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
        # TimescaleDB calls it by its second name since 2.20.
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


async def test_pages_keep_their_order_when_late_rows_are_compressed_too(
    timescale: Server, pool: Pool
) -> None:
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

    read, cursor = [], None
    while True:
        page = await history.tickers(pool, "A/USD", start, start + DAY, 97, cursor)
        read += [(row["timestamp"], row["last"]) for row in json.loads(page.body)]
        if (cursor := page.next_cursor) is None:
            break

    stored = await pool.fetch(
        "SELECT timestamp, last FROM (SELECT * FROM ticker_data OFFSET 0) AS rows"
        " ORDER BY timestamp DESC, source_offset DESC"
    )
    assert len(stored) == ROWS + len(late)
    assert [(datetime.fromisoformat(time), last) for time, last in read] == [
        tuple(row) for row in stored
    ]
