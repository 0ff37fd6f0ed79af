"""Rows are kept as long as the setting says, and chunks compressed as the seed says."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.refresh import AggregateRefresher
from cryptoviz.timescale.retention import drop_expired, keep_since
from cryptoviz.timescale.sink import TICKERS, write
from tests.timescale import oracle
from tests.timescale.servers import Server, migrate_without_jobs
from tests.timescale.weeks import DAY, HOUR, chunks, hourly, put, run_jobs, this_hour


async def test_forty_days_are_refreshed_compressed_after_seven_and_kept_for_ninety(
    timescale: Server, dsn: str, pool: Pool
) -> None:
    await migrate_without_jobs(dsn, 90)
    now = this_hour()
    rows = oracle.a_market(now - 40 * DAY, now + HOUR)
    expired = oracle.a_market(now - 120 * DAY, now - 100 * DAY, seed=2)
    await put(pool, rows)
    await put(pool, expired, len(rows))

    await run_jobs(pool, "policy_refresh_continuous_aggregate")
    await AggregateRefresher(retention_days=90).refresh_due(pool, datetime.now(UTC))
    await run_jobs(pool, "policy_compression")
    await run_jobs(pool, "policy_retention")

    compressed = dict(await chunks(pool))
    assert compressed
    assert compressed == {end: end < now - 7 * DAY for end in compressed}
    assert min(compressed) > now - 90 * DAY
    times = await pool.fetchrow("SELECT count(*), min(timestamp) FROM ticker_data WHERE pair <> ''")
    assert times["count"] >= len(rows)
    assert times["min"] > now - 97 * DAY
    kept = [candle for candle in await hourly(pool) if candle[1] >= now - 40 * DAY]
    assert kept == oracle.candles(rows, HOUR)


async def test_the_leader_drops_expired_rows_without_timescale(server: Server, pool: Pool) -> None:
    now = datetime.now(UTC)
    rows = oracle.a_market(this_hour() - 40 * DAY, this_hour(), pairs=1)
    await put(pool, rows)

    dropped = await drop_expired(pool, 30)

    kept = sum(row[0] >= now - 30 * DAY for row in rows)
    expected = 0 if server.timescale else len(rows) - kept
    assert abs(dropped - expected) <= 2, "a row may expire while the test runs"
    assert await pool.fetchval("SELECT count(*) FROM ticker_data") == len(rows) - dropped


async def test_expired_rows_are_not_written_only_to_be_dropped(pool: Pool) -> None:
    now = datetime.now(UTC)
    rows = oracle.a_market(this_hour() - 100 * DAY, this_hour(), pairs=1, per_hour=1)
    kept = keep_since(90, now)
    assert kept

    written = await write(
        pool, TICKERS, "rawticker", 0, 0, len(rows), rows, range(len(rows)), keep_since=kept
    )

    assert written.expired == sum(row[0] < kept for row in rows) > 0
    assert written.rows + written.expired == len(rows)
    assert keep_since("off", now) is None
