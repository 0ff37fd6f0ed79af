"""Pages of history hold every row once, in order, within half-open bounds."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from cryptoviz.timescale import history
from cryptoviz.timescale.cursor import CursorError, encode
from cryptoviz.timescale.history import Page
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.sink import TICKERS, write
from tests.timescale.rows import NOON, a_ticker, ticker_rows

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def ticker_pages(pool: Pool, start: datetime, end: datetime, limit: int) -> list[list[float]]:
    """Return the prices on each page of BTC/USD, following the cursors to the end."""
    pages, cursor = [], None
    while True:
        page = await history.tickers(pool, "BTC/USD", start, end, limit, cursor)
        rows = json.loads(page.body)
        assert len(rows) == page.rows
        pages.append([row["last"] for row in rows])
        if page.next_cursor is None:
            return pages
        cursor = page.next_cursor


async def with_tickers(pool: Pool, times: list[datetime]) -> None:
    """Write one ticker at each time, whose price is its offset plus one."""
    rows = [
        TICKERS.to_row(a_ticker(last=offset + 1.0, event_time_s=time.timestamp()), 0, offset)
        for offset, time in enumerate(times)
    ]
    await write(pool, TICKERS, "rawticker", 0, 0, len(rows), rows, range(len(rows)))


async def test_nothing_stored_is_an_empty_page(pool: Pool) -> None:
    page = await history.tickers(pool, "BTC/USD", NOON, NOON + HOUR, 10)

    assert page == Page(b"", 0, None)


@pytest.mark.parametrize("limit", [1, 3, 10, 11, 1000])
async def test_pages_hold_every_row_once_though_many_share_a_second(pool: Pool, limit: int) -> None:
    await with_tickers(pool, [NOON + timedelta(seconds=n // 4) for n in range(30)])
    expected = [n + 1.0 for n in range(30)]

    pages = await ticker_pages(pool, NOON, NOON + HOUR, limit)

    assert [price for page in pages for price in page] == expected[::-1]
    assert {len(page) for page in pages[:-1]} <= {limit}


async def test_a_page_that_ends_with_the_last_row_has_no_next(pool: Pool) -> None:
    await with_tickers(pool, [NOON + timedelta(seconds=n) for n in range(10)])

    assert [len(page) for page in await ticker_pages(pool, NOON, NOON + HOUR, 5)] == [5, 5]


async def test_ranges_are_half_open(pool: Pool) -> None:
    await with_tickers(pool, [NOON, NOON + HOUR, NOON + 2 * HOUR])

    assert await ticker_pages(pool, NOON, NOON + 2 * HOUR, 10) == [[2.0, 1.0]]


async def test_rows_that_arrive_between_two_pages_shift_nothing(pool: Pool) -> None:
    await with_tickers(pool, [NOON + timedelta(seconds=n) for n in range(10)])
    first = await history.tickers(pool, "BTC/USD", NOON, NOON + HOUR, 5)

    newer = ticker_rows(range(10, 20))
    await write(pool, TICKERS, "rawticker", 0, 10, 20, newer, range(10, 20))
    second = await history.tickers(pool, "BTC/USD", NOON, NOON + HOUR, 5, first.next_cursor)

    assert [row["last"] for row in json.loads(second.body)] == [5.0, 4.0, 3.0, 2.0, 1.0]


async def test_pages_cross_chunks(pool: Pool) -> None:
    await with_tickers(pool, [NOON + n * DAY for n in range(30)])

    pages = await ticker_pages(pool, NOON, NOON + 30 * DAY, 4)

    assert [price for page in pages for price in page] == [n + 1.0 for n in reversed(range(30))]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "abc",
        "%%%",
        "ü",
        "bnVsbA",
        "A" * 5_000,
        encode("trades", NOON, [0, 0]),
        encode("tickers", NOON, [0]),
        encode("tickers", NOON, ["0", 0]),
        encode("tickers", NOON, [True, 0]),
        encode("tickers", NOON, [0, 2**63]),
    ],
)
async def test_a_cursor_that_no_page_gave_is_named(pool: Pool, cursor: str) -> None:
    with pytest.raises(CursorError, match=r"cursor must be the next of an answer"):
        await history.tickers(pool, "BTC/USD", NOON, NOON + HOUR, 5, cursor)


async def test_a_cursor_does_not_lead_out_of_the_range(pool: Pool) -> None:
    await with_tickers(pool, [NOON + timedelta(seconds=n) for n in range(10)])
    far = encode("tickers", NOON + DAY, [0, 0])
    before = encode("tickers", NOON - DAY, [0, 0])

    end = NOON + timedelta(seconds=5)
    page = await history.tickers(pool, "BTC/USD", NOON, end, 10, far)
    nothing = await history.tickers(pool, "BTC/USD", NOON, end, 10, before)

    assert [row["last"] for row in json.loads(page.body)] == [5.0, 4.0, 3.0, 2.0, 1.0]
    assert nothing.rows == 0
