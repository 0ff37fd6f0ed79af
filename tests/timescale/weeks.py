"""Weeks of tickers up to now, and what the server makes of them by its jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptoviz.timescale.failures import retrying
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.raw_table import Row
from cryptoviz.timescale.sink import TICKERS, write
from tests.timescale import oracle
from tests.timescale.servers import TIMEOUT_S

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def this_hour() -> datetime:
    """Return the start of the present hour: the servers' jobs go by their own clock."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def half_past() -> datetime:
    """Return the middle of the present hour, so that no hour ends while a test looks ahead."""
    return this_hour() + HOUR / 2


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
        # A worker of the server's may have begun it already, and one of the two then loses.
        async for attempt in retrying(TIMEOUT_S):
            with attempt:
                await pool.execute("CALL run_job($1)", job["job_id"])


async def chunks(pool: Pool) -> list[tuple[datetime, bool]]:
    """Return the end of each chunk of ticker_data, and whether it is compressed."""
    rows = await pool.fetch(
        "SELECT range_end, is_compressed FROM timescaledb_information.chunks"
        " WHERE hypertable_schema = current_schema() AND hypertable_name = 'ticker_data'"
        " ORDER BY range_end"
    )
    return [tuple(row) for row in rows]
