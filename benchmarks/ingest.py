"""Drain a topic of tickers into `ticker_data`: from Kafka to committed rows.

    python -m benchmarks.ingest [--records 500000] [--rounds 3]

The sink runs alone, as `faust -A cryptoviz.sink worker`, on one machine with Kafka and
PostgreSQL. Its time runs from ready to the last row committed.

Measured (Python 3.11, two cores shared with other work, load 3.4 to 3.9, 300,000 records):
64,257 to 123,594 rows/s, median of four rounds 71,423.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import asyncpg

from benchmarks.drain import cpu_s, fill
from cryptoviz.local.broker import Broker
from cryptoviz.local.database import Database
from cryptoviz.local.worker import WorkerProcess


async def drain(servers: str, dsn: str, directory: Path, records: int) -> tuple[float, float]:
    """Let a fresh sink write all records; return seconds and its CPU seconds."""
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "TIMESCALE_DSN": dsn,
        "CRYPTOVIZ_ID": directory.name,
    }
    connection = await asyncpg.connect(dsn)
    process = WorkerProcess(directory, environ, app="cryptoviz.sink").start()
    try:
        began_s, began_cpu_s = time.perf_counter(), cpu_s(process.child.pid)
        while await _written(connection) < records:
            await asyncio.sleep(0.05)
        return time.perf_counter() - began_s, cpu_s(process.child.pid) - began_cpu_s
    finally:
        await connection.close()
        process.terminate()


async def _written(connection: asyncpg.Connection) -> int:
    try:
        # What the sink has committed, without counting rows.
        return await connection.fetchval("SELECT coalesce(sum(next), 0) FROM sink_offset")
    except asyncpg.UndefinedTableError:
        return 0


async def main(records: int, rounds: int) -> None:
    """Run the rounds and print each, then the median."""
    with (
        tempfile.TemporaryDirectory(prefix="cryptoviz-bench-") as name,
        Broker(Path(name) / "kafka") as broker,
        Database(Path(name) / "postgres") as server,
    ):
        await fill(broker.bootstrap_servers, records)
        speeds = []
        for number in range(rounds):
            admin = await asyncpg.connect(server.dsn)
            await admin.execute(f"CREATE DATABASE round{number}")
            await admin.close()
            dsn = server.dsn.replace("/postgres?", f"/round{number}?")
            directory = Path(name) / f"ingest{number}"
            took_s, used_s = await drain(broker.bootstrap_servers, dsn, directory, records)
            speeds.append(records / took_s)
            print(
                f"{records / took_s:10,.0f} rows/s {used_s * 1e6 / records:6.2f} CPU s per million",
                flush=True,
            )
        print(f"median: {statistics.median(speeds):,.0f} rows/s from Kafka to committed")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.records, arguments.rounds))
