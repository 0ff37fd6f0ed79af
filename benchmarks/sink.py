"""Time the sink's write path beside raw binary COPY into the same table, on one server.

    python -m benchmarks.sink [rows in a batch, default 5000] [URL of a database]

Without a URL it runs on an embedded PostgreSQL. Both ways write the same rows into `ticker_data`
with its index, on one connection each, and alternate, so that a busy machine slows both. Printed
are medians, and each way's speed as a ratio to COPY's, which must be 0.75 or more for `write`.

Measured (Python 3.11, two cores shared with other work, load 2.7, embedded PostgreSQL 18.6):

    COPY                                 107 k rows/s   1.00 of COPY
    write                                104 k rows/s   0.98
    write, with a retention               97 k rows/s   0.91
    records to rows, then write           85 k rows/s   0.79
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import uvloop

from cryptoviz.local.database import Database
from cryptoviz.records import Ticker
from cryptoviz.settings import load
from cryptoviz.timescale.migrate import migrate
from cryptoviz.timescale.pool import Pool, connect
from cryptoviz.timescale.raw_table import TICKERS, Row
from cryptoviz.timescale.sink import write

ROUNDS = 60
WARM_UP = 6
START_S = 1_764_310_291.0
PAIRS = 20

Way = Callable[[int, list[Row]], Awaitable[object]]


def tickers(first: int, count: int) -> list[Ticker]:
    """Return *count* tickers of all pairs, a hundred a second."""
    return [
        Ticker(f"C{n % PAIRS}/USD", 100.0 + n % 977, 99.5, 100.5, 1_200.5, START_S + n / 100)
        for n in range(first, first + count)
    ]


def ways(pool: Pool, count: int) -> dict[str, Way]:
    """Return the ways to write the rows of one batch, which begins at an offset."""
    start = datetime.fromtimestamp(START_S, UTC)

    async def copy(first: int, rows: list[Row]) -> None:
        async with pool.acquire() as connection:
            await connection.copy_records_to_table(
                TICKERS.name, records=rows, columns=TICKERS.columns
            )

    async def sink(first: int, rows: list[Row]) -> None:
        end = first + count
        await write(pool, TICKERS, "plain", 0, first, end, rows, range(first, end))

    async def keeping(first: int, rows: list[Row]) -> None:
        end = first + count
        offsets = range(first, end)
        await write(pool, TICKERS, "keeping", 0, first, end, rows, offsets, keep_since=start)

    return {"COPY": copy, "write": sink, "write, with a retention": keeping}


async def measure(dsn: str, count: int) -> None:
    """Print how fast each way is."""
    pool = await connect(
        load({"TIMESCALE_DSN": dsn, "TIMESCALE_POOL_SIZE": "1", "TIMESCALE_TIMEOUT": "60"})
    )
    names = list(ways(pool, count))
    taken_s: dict[str, list[float]] = {name: [] for name in ["rows", *names]}
    for number in range(WARM_UP + ROUNDS):
        first = number * count
        records = tickers(first, count)
        started_s = time.perf_counter()
        rows = TICKERS.to_rows(records, 0, range(first, first + count))
        taken_s["rows"].append(time.perf_counter() - started_s)
        # Whoever comes first in a round finds the server's checkpoint work done, so they rotate.
        for name in names[number % len(names) :] + names[: number % len(names)]:
            started_s = time.perf_counter()
            await ways(pool, count)[name](first, rows)
            taken_s[name].append(time.perf_counter() - started_s)
    await pool.close()
    show(count, {name: statistics.median(times[WARM_UP:]) for name, times in taken_s.items()})


def show(count: int, medians_s: dict[str, float]) -> None:
    """Print the medians of *count* rows as rates, and as ratios to COPY's."""
    rates = {name: count / median_s for name, median_s in medians_s.items() if name != "rows"}
    rates["records to rows, then write"] = count / (medians_s["rows"] + medians_s["write"])
    print(f"{ROUNDS} batches of {count} rows, medians")
    for name, rate in rates.items():
        print(f"{name:32} {rate / 1000:6.0f} k rows/s  {rate / rates['COPY']:5.2f} of COPY")


async def in_own_schema(dsn: str, count: int) -> None:
    """Measure in a schema of the database *dsn* that is dropped afterwards."""
    name = f"bench_{uuid.uuid4().hex[:8]}"
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"CREATE SCHEMA {name}")
    try:
        own = f"{dsn}{'&' if '?' in dsn else '?'}search_path={name}%2Cpublic"
        await migrate(own, retention_days="off")
        await measure(own, count)
    finally:
        await connection.execute(f"DROP SCHEMA {name} CASCADE")
        await connection.close()


def main() -> None:
    """Measure on the given database, or on an embedded one."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    if len(sys.argv) > 2:
        uvloop.run(in_own_schema(sys.argv[2], count))
        return
    with tempfile.TemporaryDirectory() as directory, Database(Path(directory)) as database:
        uvloop.run(in_own_schema(database.dsn, count))


if __name__ == "__main__":
    main()
