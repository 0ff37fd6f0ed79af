"""Candles of every step equal those computed from the trades in plain Python."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.raw_table import Row
from cryptoviz.timescale.refresh import AggregateRefresher
from cryptoviz.timescale.sink import TRADES, write
from cryptoviz.timescale.trade_candles import trade_candles
from tests.timescale import oracle
from tests.timescale.rows import NOON
from tests.timescale.servers import Server

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
STEPS = [MINUTE, 5 * MINUTE, HOUR, DAY]


async def everything(
    pool: Pool, step: timedelta, start: datetime, end: datetime, limit: int
) -> list[dict[str, Any]]:
    """Return the candles of C0/USD, page behind page."""
    found, more = [], True
    while more:
        body, more = await trade_candles(pool, "C0/USD", step, start, end, limit, end + DAY)
        page = json.loads(body)
        assert page or not more
        assert len(page) <= limit
        found += page
        if page:
            end = datetime.fromisoformat(page[-1]["timestamp"])
    return found


async def put(pool: Pool, rows: list[Row], first: int = 0) -> None:
    """Write trades at the offsets from *first* on."""
    end = first + len(rows)
    await write(pool, TRADES, "rawtrade", 0, first, end, rows, range(first, end))


async def market(pool: Pool, start: datetime, end: datetime, **shape: int) -> list[Row]:
    """Write a market of trades, and return those of C0/USD."""
    rows = oracle.trades(oracle.a_market(start, end, **shape))
    await put(pool, rows)
    return [row for row in rows if row[1] == "C0/USD"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("limit", [7, 1000])
async def test_candles_equal_the_oracle_across_pages(
    pool: Pool, step: timedelta, limit: int
) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = await market(pool, start, start + 2 * DAY, pairs=2, per_hour=6)

    assert await everything(pool, step, start, start + 2 * DAY, limit) == (
        oracle.trade_candles(rows, step)
    )


async def test_candles_up_to_now_equal_the_oracle_before_and_after_a_refresh(
    server: Server, pool: Pool
) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    rows = await market(pool, now - 10 * DAY, now, pairs=1, per_hour=20)
    expected = {step: oracle.trade_candles(rows, step) for step in STEPS}

    for step in STEPS:
        assert await everything(pool, step, now - 11 * DAY, now, 1000) == expected[step]
    await AggregateRefresher(retention_days=90).refresh_due(pool, now)
    for step in STEPS:
        assert await everything(pool, step, now - 11 * DAY, now, 1000) == expected[step]


async def test_late_trades_are_refreshed_into_minutes_and_hours(
    timescale: Server, pool: Pool
) -> None:
    now = datetime.now(UTC)
    start = now.replace(hour=0, minute=0, second=0, microsecond=0) - 20 * DAY
    rows = await market(pool, start, start + DAY, pairs=1)
    refresher = AggregateRefresher(retention_days="off", interval_s=60)
    await refresher.refresh_due(pool, now)
    late = oracle.trades(oracle.a_market(start, start + DAY, pairs=1, seed=5))
    late = [(*row[:6], len(rows) + index) for index, row in enumerate(late)]
    await put(pool, late, len(rows))
    stale = await everything(pool, MINUTE, start, start + DAY, 1000)

    refresher.note("trade_data", (row[0] for row in late), now)
    await refresher.refresh_due(pool, now + MINUTE)

    every = [*rows, *late]
    assert stale != oracle.trade_candles(every, MINUTE), "it did not come from the aggregate"
    for step in STEPS:
        found = await everything(pool, step, start, start + DAY, 1000)
        assert found == oracle.trade_candles(every, step)


async def test_a_candle_is_whole_or_not_there(pool: Pool) -> None:
    rows = await market(pool, NOON, NOON + HOUR, pairs=1, per_hour=200)
    start, end = NOON + 7 * MINUTE, NOON + 22 * MINUTE

    found = await everything(pool, 5 * MINUTE, start, end, 100)

    starts = {(NOON + n * MINUTE).isoformat() for n in (10, 15, 20)}
    expected = oracle.trade_candles(rows, 5 * MINUTE)
    assert found == [candle for candle in expected if candle["timestamp"] in starts]
    assert len(found) == 3


async def test_a_long_silence_is_skipped(pool: Pool) -> None:
    rows = await market(pool, NOON - 20 * DAY, NOON - 20 * DAY + HOUR, pairs=1, per_hour=3)

    found = await everything(pool, MINUTE, NOON - 30 * DAY, NOON, 5)

    assert found == oracle.trade_candles(rows, MINUTE)


async def test_a_candle_that_may_still_change_is_not_final(pool: Pool) -> None:
    await market(pool, NOON, NOON + HOUR, pairs=1, per_hour=60)

    body, _ = await trade_candles(
        pool, "C0/USD", HOUR, NOON - HOUR, NOON + HOUR, 5, NOON + 59 * MINUTE
    )

    assert [candle["final"] for candle in json.loads(body)] == [False]


async def test_no_trades_are_no_candles(pool: Pool) -> None:
    assert await everything(pool, MINUTE, NOON, NOON + HOUR, 5) == []
    assert await everything(pool, HOUR, NOON, NOON + HOUR, 5) == []


@pytest.mark.parametrize(
    "step", [7 * MINUTE, 90 * MINUTE, MINUTE / 2, 1.5 * MINUTE, timedelta(0), -MINUTE]
)
async def test_a_step_that_does_not_fit_an_hour_is_refused(pool: Pool, step: timedelta) -> None:
    with pytest.raises(ValueError, match="step must be minutes that divide an hour"):
        await trade_candles(pool, "C0/USD", step, NOON, NOON + HOUR, 5, NOON)
