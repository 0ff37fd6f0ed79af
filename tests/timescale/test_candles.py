"""Candles of every step equal those computed from the rows in plain Python."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from cryptoviz.timescale.candles import candles
from cryptoviz.timescale.cursor import CursorError
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.raw_table import Row
from cryptoviz.timescale.sink import TICKERS, write
from tests.timescale import oracle
from tests.timescale.rows import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def pages(
    pool: Pool, step: timedelta, start: datetime, end: datetime, limit: int
) -> list[list[tuple[object, ...]]]:
    """Return the candles of C0/USD on each page, following the cursors to the end."""
    found, cursor = [], None
    while True:
        page = await candles(pool, "C0/USD", step, start, end, limit, cursor)
        rows = json.loads(page.body)
        assert page.rows == len(rows) <= limit
        found.append([(datetime.fromisoformat(row.pop("bucket")), *row.values()) for row in rows])
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


async def market(pool: Pool, start: datetime, end: datetime, **shape: int) -> list[Row]:
    """Write a market, and return its rows."""
    rows = oracle.a_market(start, end, **shape)
    await write(pool, TICKERS, "rawticker", 0, 0, len(rows), rows, range(len(rows)))
    return rows


@pytest.mark.parametrize("step", [MINUTE, 5 * MINUTE, HOUR, DAY])
@pytest.mark.parametrize("limit", [7, 1000])
async def test_candles_equal_the_oracle_across_pages(
    pool: Pool, step: timedelta, limit: int
) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = await market(pool, start, start + 2 * DAY, pairs=2, per_hour=6)

    found = await pages(pool, step, start, start + 2 * DAY, limit)

    expected = [c[1:] for c in oracle.candles(rows, step) if c[0] == "C0/USD"]
    assert [candle[:5] for page in found for candle in page] == [c[:5] for c in expected[::-1]]


async def test_volumes_are_averaged_over_rows_and_over_the_hours_of_a_day(pool: Pool) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = await market(pool, start, start + DAY, pairs=1, per_hour=6)
    by_hour = [candle[-1] for candle in oracle.candles(rows, HOUR)]

    hours = await pages(pool, HOUR, start, start + DAY, 100)
    days = await pages(pool, DAY, start, start + DAY, 100)

    assert [candle[-1] for candle in hours[0]] == pytest.approx(by_hour[::-1])
    assert [candle[-1] for candle in days[0]] == pytest.approx([sum(by_hour) / len(by_hour)])


async def test_a_candle_is_whole_or_not_there(pool: Pool) -> None:
    rows = await market(pool, NOON, NOON + HOUR, pairs=1, per_hour=60)
    start, end = NOON + 7 * MINUTE, NOON + 22 * MINUTE

    found = await pages(pool, 5 * MINUTE, start, end, 100)

    expected = [c[1:] for c in oracle.candles(rows, 5 * MINUTE)]
    inside = [candle for candle in expected if start <= candle[0] < end]
    assert [candle[0].minute for candle in inside] == [10, 15, 20]
    assert found == [inside[::-1]]


async def test_a_long_silence_is_skipped(pool: Pool) -> None:
    rows = await market(pool, NOON - 20 * DAY, NOON - 20 * DAY + HOUR, pairs=1, per_hour=3)

    found = await pages(pool, MINUTE, NOON - 30 * DAY, NOON, 5)

    assert sum(len(page) for page in found) == len(oracle.candles(rows, MINUTE))
    assert all(found)


async def test_no_tickers_are_no_candles(pool: Pool) -> None:
    assert await pages(pool, MINUTE, NOON, NOON + HOUR, 5) == [[]]
    assert await pages(pool, HOUR, NOON, NOON + HOUR, 5) == [[]]


@pytest.mark.parametrize("step", [7 * MINUTE, 90 * MINUTE, timedelta(0), -MINUTE])
async def test_a_step_that_does_not_divide_an_hour_is_refused(pool: Pool, step: timedelta) -> None:
    with pytest.raises(ValueError, match="step must divide an hour"):
        await candles(pool, "C0/USD", step, NOON, NOON + HOUR, 5)


async def test_a_cursor_of_another_step_is_refused(pool: Pool) -> None:
    await market(pool, NOON, NOON + HOUR, pairs=1, per_hour=60)
    page = await candles(pool, "C0/USD", MINUTE, NOON, NOON + HOUR, 5)

    with pytest.raises(CursorError):
        await candles(pool, "C0/USD", 5 * MINUTE, NOON, NOON + HOUR, 5, page.next_cursor)
