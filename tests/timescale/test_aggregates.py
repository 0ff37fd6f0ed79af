"""The hourly aggregates equal what plain Python computes, up to this moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.refresh import AggregateRefresher
from cryptoviz.timescale.results import SENTIMENT, upsert
from tests.timescale import oracle
from tests.timescale.servers import Server
from tests.timescale.test_results import a_window
from tests.timescale.weeks import DAY, HOUR, hourly, put, run_jobs, this_hour


async def test_hourly_candles_equal_the_oracle_up_to_now(server: Server, pool: Pool) -> None:
    now = this_hour()
    rows = oracle.a_market(now - 40 * DAY, now + HOUR)
    await put(pool, rows)
    assert await hourly(pool) == oracle.candles(rows, HOUR)

    if server.timescale:
        await run_jobs(pool, "policy_refresh_continuous_aggregate")
        refresher = AggregateRefresher(retention_days=90)
        assert len(await refresher.refresh_due(pool, datetime.now(UTC))) == 4

    assert await hourly(pool) == oracle.candles(rows, HOUR)


async def test_sentiment_is_averaged_by_the_hour(pool: Pool) -> None:
    start = this_hour() - 2 * DAY
    windows = [
        a_window(timestamp=start + n * timedelta(minutes=5), sentiment_score=n / 100)
        for n in range(24)
    ]
    await upsert(pool, SENTIMENT, windows)

    rows = await pool.fetch(
        "SELECT bucket, crypto_symbol, avg_sentiment, sample_count"
        " FROM sentiment_hourly ORDER BY bucket"
    )

    assert [tuple(row) for row in rows] == [
        (start, "BTC", pytest.approx(0.055), 12),
        (start + HOUR, "BTC", pytest.approx(0.175), 12),
    ]
