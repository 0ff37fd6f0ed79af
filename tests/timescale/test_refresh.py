"""Hours that late rows have changed are refreshed, and never hours whose rows are gone."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.refresh import AggregateRefresher
from tests.timescale import oracle
from tests.timescale.servers import Server, migrate_without_jobs
from tests.timescale.weeks import DAY, HOUR, half_past, hourly, put, run_jobs, this_hour


async def test_late_rows_are_refreshed_into_the_aggregate(timescale: Server, pool: Pool) -> None:
    now = half_past()
    rows = oracle.a_market(this_hour() - 30 * DAY, this_hour())
    refresher = AggregateRefresher(retention_days="off", interval_s=60)
    await put(pool, rows)
    await refresher.refresh_due(pool, now)
    late = oracle.a_market(this_hour() - 20 * DAY, this_hour() - 19 * DAY, seed=5)
    late = [(*row[:7], len(rows) + index) for index, row in enumerate(late)]
    await put(pool, late, len(rows))
    assert await hourly(pool) != oracle.candles([*rows, *late], HOUR), "the aggregate is stale"

    refresher.note("ticker_data", (row[0] for row in late), now)
    too_soon = await refresher.refresh_due(pool, now + timedelta(seconds=59))
    done = await refresher.refresh_due(pool, now + timedelta(seconds=60))
    again = await refresher.refresh_due(pool, now + timedelta(seconds=120))

    assert too_soon == again == []
    assert [(window.aggregate, window.start, window.end) for window in done] == [
        ("ticker_ohlc_hourly", this_hour() - 20 * DAY, this_hour() - 19 * DAY)
    ]
    assert await hourly(pool) == oracle.candles([*rows, *late], HOUR)


async def test_a_refresh_that_fails_for_a_passing_reason_stays_due(
    timescale: Server, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = half_past()
    refresher = AggregateRefresher(retention_days="off", interval_s=60)
    await refresher.refresh_due(pool, now)
    refresher.note("ticker_data", [now - 20 * DAY], now)

    async def in_use(*_: object) -> None:
        raise asyncpg.LockNotAvailableError("refreshed by somebody else")

    with monkeypatch.context() as patch:
        patch.setattr("cryptoviz.timescale.refresh.refresh", in_use)
        failed = await refresher.refresh_due(pool, now + timedelta(seconds=60))
    done = await refresher.refresh_due(pool, now + timedelta(seconds=120))

    assert failed == []
    assert [window.start for window in done] == [this_hour() - 20 * DAY]


async def test_a_new_worker_refreshes_what_its_predecessor_left(
    timescale: Server, pool: Pool
) -> None:
    now = half_past()
    rows = oracle.a_market(this_hour() - 30 * DAY, this_hour())
    await put(pool, rows[:500])
    await AggregateRefresher(retention_days=90).refresh_due(pool, now)
    await put(pool, rows[500:], 500)

    await AggregateRefresher(retention_days=90).refresh_due(pool, now)

    assert await hourly(pool) == oracle.candles(rows, HOUR)


async def test_a_worker_that_takes_over_refreshes_what_the_one_before_left(
    timescale: Server, pool: Pool
) -> None:
    now = half_past()
    rows = oracle.a_market(this_hour() - 30 * DAY, this_hour())
    refresher = AggregateRefresher(retention_days=90, interval_s=60)
    await put(pool, rows[:500])
    await refresher.refresh_due(pool, now)
    await put(pool, rows[500:], 500)

    refresher.begin_anew()
    await refresher.refresh_due(pool, now + timedelta(seconds=60))

    assert await hourly(pool) == oracle.candles(rows, HOUR)


async def test_a_takeover_within_a_refresh_is_not_forgotten(
    timescale: Server, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = half_past()
    refresher = AggregateRefresher(retention_days=90, interval_s=60)

    async def overtaken(*_: object) -> None:
        refresher.begin_anew()

    with monkeypatch.context() as patch:
        patch.setattr("cryptoviz.timescale.refresh.refresh", overtaken)
        await refresher.refresh_due(pool, now)
    done = await refresher.refresh_due(pool, now + timedelta(seconds=60))

    assert {window.aggregate for window in done} >= {"ticker_ohlc_hourly", "sentiment_hourly"}
    assert all(window.start < now - 80 * DAY for window in done)


async def test_aggregates_outlive_the_rows_that_retention_drops(
    timescale: Server, dsn: str, pool: Pool
) -> None:
    now = half_past()
    rows = oracle.a_market(this_hour() - 60 * DAY, this_hour())
    refresher = AggregateRefresher(retention_days=30)
    await put(pool, rows)
    await AggregateRefresher(retention_days="off").refresh_due(pool, now)
    await migrate_without_jobs(dsn, 30)
    await run_jobs(pool, "policy_retention")

    await refresher.refresh_due(pool, now)
    refresher.note("ticker_data", [now - 45 * DAY, now - 10 * DAY], now)
    await refresher.refresh_due(pool, now + HOUR)
    await run_jobs(pool, "policy_refresh_continuous_aggregate")

    assert await pool.fetchval("SELECT count(*) FROM ticker_data") < len(rows)
    assert await hourly(pool) == oracle.candles(rows, HOUR)
