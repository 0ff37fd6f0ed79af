"""Aggregates, compression and retention do what the seed says, over weeks of rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cryptoviz.timescale.migrate import migrate
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.raw_table import Row
from cryptoviz.timescale.refresh import AggregateRefresher
from cryptoviz.timescale.results import SENTIMENT, upsert
from cryptoviz.timescale.retention import drop_expired, keep_since
from cryptoviz.timescale.sink import TICKERS, TRADES, write
from tests.timescale import oracle
from tests.timescale.servers import Server
from tests.timescale.test_results import a_window

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def this_hour() -> datetime:
    """Return the start of the present hour: the servers' jobs go by their own clock."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


async def put(pool: Pool, rows: list[Row], first: int = 0) -> None:
    """Write ticker rows at the offsets from *first* on."""
    placed = [(*row[:7], first + index) for index, row in enumerate(rows)]
    end = first + len(rows)
    await write(pool, TICKERS, "rawticker", 0, first, end, placed, range(first, end))


async def hourly(pool: Pool) -> list[oracle.Candle]:
    rows = await pool.fetch(
        "SELECT pair, bucket, open, high, low, close, avg_volume"
        " FROM ticker_ohlc_hourly ORDER BY pair, bucket"
    )
    return [tuple(row) for row in rows]


async def run_jobs(pool: Pool, procedure: str) -> None:
    jobs = await pool.fetch(
        "SELECT job_id FROM timescaledb_information.jobs"
        " WHERE proc_name = $1 AND hypertable_schema = current_schema()",
        procedure,
    )
    assert jobs
    for job in jobs:
        await pool.execute("CALL run_job($1)", job["job_id"])


async def chunks(pool: Pool) -> list[tuple[datetime, bool]]:
    """Return the end of each chunk of ticker_data, and whether it is compressed."""
    rows = await pool.fetch(
        "SELECT range_end, is_compressed FROM timescaledb_information.chunks"
        " WHERE hypertable_schema = current_schema() AND hypertable_name = 'ticker_data'"
        " ORDER BY range_end"
    )
    return [tuple(row) for row in rows]


async def test_hourly_candles_equal_the_oracle_up_to_now(server: Server, pool: Pool) -> None:
    now = this_hour()
    rows = oracle.a_market(now - 40 * DAY, now + HOUR)
    await put(pool, rows)
    assert await hourly(pool) == oracle.candles(rows, HOUR)

    if server.timescale:
        await run_jobs(pool, "policy_refresh_continuous_aggregate")
        refresher = AggregateRefresher(retention_days=90)
        assert len(await refresher.refresh_due(pool, datetime.now(UTC))) == 2

    assert await hourly(pool) == oracle.candles(rows, HOUR)


async def test_forty_days_are_compressed_after_seven_and_kept_for_ninety(
    timescale: Server, dsn: str, pool: Pool
) -> None:
    await migrate(dsn, retention_days=90)
    now = this_hour()
    rows = oracle.a_market(now - 40 * DAY, now + HOUR)
    expired = oracle.a_market(now - 120 * DAY, now - 100 * DAY, seed=2)
    await put(pool, rows)
    await put(pool, expired, len(rows))

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


async def test_rows_for_compressed_chunks_land_and_are_seen(timescale: Server, pool: Pool) -> None:
    now = this_hour()
    rows = oracle.a_market(now - 30 * DAY, now)
    await put(pool, rows)
    await run_jobs(pool, "policy_compression")

    late = oracle.a_market(now - 20 * DAY, now - 19 * DAY, seed=3)
    await put(pool, late, len(rows))

    assert await pool.fetchval("SELECT count(*) FROM ticker_data") == len(rows) + len(late)


async def test_results_for_compressed_chunks_are_replaced_by_revision(
    timescale: Server, pool: Pool
) -> None:
    end = this_hour() - 20 * DAY
    await upsert(pool, SENTIMENT, [a_window(timestamp=end, revision=2)])
    await run_jobs(pool, "policy_compression")

    lower = await upsert(pool, SENTIMENT, [a_window(timestamp=end, revision=1)])
    higher = await upsert(pool, SENTIMENT, [a_window(timestamp=end, revision=3, positive=7)])

    assert (lower, higher) == (0, 1)
    stored = await pool.fetch("SELECT revision, positive FROM sentiment_data")
    assert [tuple(row) for row in stored] == [(3, 7)]


async def test_late_rows_are_refreshed_into_the_aggregate(timescale: Server, pool: Pool) -> None:
    now = datetime.now(UTC)
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


async def test_a_new_worker_refreshes_what_its_predecessor_left(
    timescale: Server, pool: Pool
) -> None:
    now = datetime.now(UTC)
    rows = oracle.a_market(this_hour() - 30 * DAY, this_hour())
    await put(pool, rows[:500])
    await AggregateRefresher(retention_days=90).refresh_due(pool, now)
    await put(pool, rows[500:], 500)

    await AggregateRefresher(retention_days=90).refresh_due(pool, now)

    assert await hourly(pool) == oracle.candles(rows, HOUR)


async def test_aggregates_outlive_the_rows_that_retention_drops(
    timescale: Server, dsn: str, pool: Pool
) -> None:
    now = datetime.now(UTC)
    rows = oracle.a_market(this_hour() - 60 * DAY, this_hour())
    refresher = AggregateRefresher(retention_days=30)
    await put(pool, rows)
    await AggregateRefresher(retention_days="off").refresh_due(pool, now)
    await migrate(dsn, retention_days=30)
    await run_jobs(pool, "policy_retention")

    await refresher.refresh_due(pool, now)
    refresher.note("ticker_data", [now - 45 * DAY, now - 10 * DAY], now)
    await refresher.refresh_due(pool, now + HOUR)
    await run_jobs(pool, "policy_refresh_continuous_aggregate")

    assert await pool.fetchval("SELECT count(*) FROM ticker_data") < len(rows)
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


async def test_a_backfill_compresses_as_it_copies_where_the_server_can(
    server: Server, pool: Pool
) -> None:
    start = this_hour() - 30 * DAY
    rows = [(start + timedelta(seconds=n), "A/B", 1.0, 1.0, "b", 0, n) for n in range(3_000)]

    written = await write(
        pool, TRADES, "rawtrade", 0, 0, 3_000, rows, range(3_000), direct_compress=True
    )

    assert written.rows == 3_000
    found = await pool.fetchrow(
        "SELECT count(*), min(source_offset), max(source_offset) FROM trade_data"
    )
    assert tuple(found) == (3_000, 0, 2_999)
