"""A page of compressed rows costs what a page costs, however many rows its chunk has."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
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

# What makes row n of a table, at the time t; there are two rows of each time.
ROW = {
    "ticker_data": "t, 'A/USD', n, NULL, NULL, NULL, 0, n",
    "trade_data": "t, 'A/USD', n, 1, 'b', 0, n",
    "article_data": "t, 'a', 'b', 'c', 'd.com', 'e', ARRAY['BTC'], 0.5, 'neutral', 0, n",
    "alert_data": "t, 'A/USD', n, 1, 1, 'PRICE_UP', 0, n",
    "sentiment_data": "t, 'BTC', 0.5, 'neutral', 's' || n % 2, 1, t, 1, 0, 1, 0, n, true",
    "prediction_data": "t, 'BTC', n, n, 'm', n, n, 'A/USD', t, n % 2, 0.9, n",
}
SOURCE = (-1, -1)
# A query, its table, what sorts before the ties of all rows, and its filters.
QUERIES: list[tuple[str, str, Sequence[object], Sequence[object]]] = [
    ("tickers", "ticker_data", SOURCE, ("A/USD",)),
    ("trades", "trade_data", SOURCE, ("A/USD",)),
    ("articles", "article_data", SOURCE, (None, None)),
    ("articles_of_crypto", "article_data", SOURCE, (None, None, "BTC")),
    ("alerts", "alert_data", SOURCE, (None,)),
    ("alerts_of_pair", "alert_data", SOURCE, (None, "A/USD")),
    ("sentiment", "sentiment_data", ("",), ("BTC",)),
    ("predictions", "prediction_data", ("", "", -1), ("BTC", None)),
]


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
    ("statement", "table", "ties", "filters"), QUERIES, ids=[name for name, *_ in QUERIES]
)
# A page may end in the last week, which is not compressed, and reach back into what is.
@pytest.mark.parametrize("end_is_old", [True, False], ids=["old", "reaching back"])
async def test_a_page_opens_few_batches_of_a_compressed_chunk(
    timescale: Server,
    pool: Pool,
    statement: str,
    table: str,
    ties: Sequence[object],
    filters: Sequence[object],
    end_is_old: bool,
) -> None:
    start = this_hour() - 20 * DAY
    await fill(pool, table, start)
    end = start + timedelta(seconds=ROWS // 2 - 500) if end_is_old else this_hour()
    asked = (start - DAY, end, *ties, PAGE + 1, *filters)
    before = await pool.fetchrow(query(statement), *asked)
    await run_jobs(pool, "policy_compression")
    await pool.execute(f"ANALYZE {table}")

    explained = await pool.fetchval(
        f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query(statement)}", *asked
    )

    after = await pool.fetchrow(query(statement), *asked)
    assert after == before
    assert after["found"] == PAGE + 1
    # Two if the page lies across the end of a batch; those of several segments are merged, for
    # which the next one is opened too.
    assert 1 <= batches_read(json.loads(explained)[0]["Plan"]) <= 3 < BATCHES


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
