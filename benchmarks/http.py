"""How many requests a second a worker answers, beside a naive handler and a hello world.

    python -m benchmarks.http [seconds]

It needs wrk (`apt-get install wrk`), and measures on TimescaleDB too if TIMESCALE_TEST_DSN names
one. Each line is warm and has 32 connections; all are answered by one worker process, on a machine
that also runs PostgreSQL, Kafka and wrk.

Measured with Debian's Python 3.11.2 on two shared cores: on the embedded PostgreSQL 18.6, on it
with the tickers in 15 partitions of a week, over which naive's query is planned anew each time, and
on a native TimescaleDB 2.29.2 that has compressed 12 of its 14 chunks. Requests a second at best
and in the median, and the median of the rounds' ratios:

    hello world              9,828  8,426           12,436  8,179            9,933  7,532
    naive, random pairs      1,304  1,066            1,056    779              538    479
    history, random pairs    2,504  2,304  2.14 x    2,566  2,337  2.95 x    2,344  2,128  4.46 x
    history, the same page   8,614  6,335  0.72 x    7,902  6,311  0.79 x    7,562  6,140  0.78 x
    live lookup              9,130  6,740  0.79 x    9,227  6,299  0.83 x    7,695  6,437  0.83 x

A page of history takes the worker 372 to 388 us of CPU time, hello world 118 to 127. Two other runs
of the day had 4.05 x naive on TimescaleDB, before gathered pages kept their connection, and 4.01,
with an embedded broker that was compiled once.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import asyncpg
import psutil
from aiokafka import AIOKafkaProducer

from cryptoviz.local.broker import Broker
from cryptoviz.local.database import Database
from cryptoviz.local.worker import WorkerProcess

CONNECTIONS = 32
ROUNDS = 10
PAIRS = [f"C{number:02}/USD" for number in range(20)]
ROWS_OF_A_PAIR = 40_000
WEEKS = 13
WEEK = timedelta(days=7)
# Of a week each; the first and the last are nearly empty.
PARTITIONS = WEEKS + 2
ROW_EVERY = WEEKS * WEEK / ROWS_OF_A_PAIR
# The newest row lies so far back that pages of random ends are never the page of now.
NEWEST = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)

RANDOM_PAGES = Path(__file__).with_name("random_pages.lua").read_text()


def main() -> None:
    """Run all comparisons and say what they found."""
    if shutil.which("wrk") is None:
        print("wrk is not installed (apt-get install wrk), so nothing was measured.")
        return
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    with (
        tempfile.TemporaryDirectory(prefix="cryptoviz-bench-", ignore_cleanup_errors=True) as path,
        Broker(Path(path) / "kafka") as broker,
        Database(Path(path) / "postgres") as database,
    ):
        environ = {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "TIMESCALE_DSN": database.dsn,
        }
        with WorkerProcess(Path(path) / "worker", environ, "benchmarks.http_app") as worker:
            asyncio.run(fill(database.dsn, broker.bootstrap_servers, worker))
            print("one table, as plain PostgreSQL has it:")
            compare(worker, seconds, Path(path))
        asyncio.run(divide(database.dsn))
        with WorkerProcess(Path(path) / "worker", environ, "benchmarks.http_app") as worker:
            print(f"a table in {PARTITIONS} partitions of a week, as TimescaleDB has chunks:")
            compare(worker, seconds, Path(path))
        if (given := os.environ.get("TIMESCALE_TEST_DSN")) is None:
            print("TIMESCALE_TEST_DSN is not set, so TimescaleDB itself was not measured.")
            return
        with own_database(given) as dsn:
            environ["TIMESCALE_DSN"] = dsn
            with WorkerProcess(Path(path) / "timescale", environ, "benchmarks.http_app") as worker:
                asyncio.run(fill(dsn, broker.bootstrap_servers, worker))
                print(asyncio.run(compress(dsn)))
                compare(worker, seconds, Path(path))


def cpu_s(process: psutil.Process) -> float:
    """Return the CPU time of *process*, which no other load of the machine changes much."""
    times = process.cpu_times()
    return times.user + times.system


def compare(worker: WorkerProcess, seconds: int, directory: Path) -> None:
    """Measure each kind of request in turn, many times over, and print what they come to.

    The machine's speed changes within minutes, so a ratio is the median of those of each round,
    whose measurements lie seconds apart; rates are the best and the median of all rounds.
    """
    port, process = worker.web_port, psutil.Process(worker.child.pid)
    history = "/api/v1/ticker/{pair}/historique/?periode=7d"
    fixed = (NEWEST - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    kinds = {
        "hello world": ("/bench/hello/", None),
        "naive history, random pairs": ("/bench/naive/{pair}/?periode=7d", "random"),
        "history, random pairs": (history, "random"),
        "history, the same page": (f"{history.format(pair=PAIRS[0])}&date_fin={fixed}", None),
        "live lookup": (f"/live/candles/{PAIRS[0]}/?window=latest", None),
    }
    for path, script in kinds.values():
        load(port, path, script, 2, directory)
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    cpu_us: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, (path, script) in kinds.items():
            used_s = cpu_s(process)
            rate = load(port, path, script, seconds, directory)
            rates[kind].append(rate)
            cpu_us[kind].append((cpu_s(process) - used_s) / rate / seconds * 1e6)
    for kind, found in rates.items():
        of = "naive history, random pairs" if "random" in kind else "hello world"
        ratio = median(rate / other for rate, other in zip(found, rates[of], strict=True))
        print(
            f"{kind:28} {max(found):7,.0f} requests/s at best, {median(found):7,.0f} in the median,"
            f" {ratio:4.2f} x {of.split()[0]}, {median(cpu_us[kind]):5,.0f} us of the worker",
            flush=True,
        )


def load(port: int, path: str, script: str | None, seconds: int, directory: Path) -> float:
    """Return the requests per second that wrk counts, all of which must be answered with 200."""
    url, arguments = f"http://127.0.0.1:{port}", []
    if script is None:
        url += path
    else:
        file = directory / "random.lua"
        values = {"NEWEST": int(NEWEST.timestamp()), "PATH": path, "REQUESTS": 8_000 * seconds}
        text = RANDOM_PAGES
        for name, value in values.items():
            text = text.replace(name, str(value))
        file.write_text(text)
        arguments = ["-s", str(file)]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *arguments, url]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in report, report
    found = re.search(r"Requests/sec:\s+([0-9.]+)", report)
    assert found is not None, report
    return float(found[1])


async def fill(dsn: str, servers: str, worker: WorkerProcess) -> None:
    """Store tickers of all pairs, and send some trades for the live tables."""
    connection = await asyncpg.connect(dsn)
    while not await connection.fetchval("SELECT to_regclass('prediction_data')"):
        await asyncio.sleep(0.1)
    prices = (34000.12, 33990.0, 34010.0, 1200.5)
    rows = [
        (NEWEST - number * ROW_EVERY, pair, *prices, 0, number)
        for pair in PAIRS
        for number in range(ROWS_OF_A_PAIR)
    ]
    await connection.copy_records_to_table("ticker_data", records=rows)
    await connection.execute("ANALYZE ticker_data")
    await connection.close()
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    for pair in PAIRS:
        trade = {"pair": pair, "price": 1.5, "volume": 2, "timestamp": time.time()}
        await producer.send_and_wait("rawtrade", json.dumps(trade).encode(), pair.encode())
    await producer.stop()
    while len(worker.get("/live/candles/")["rows"]) < len(PAIRS):
        await asyncio.sleep(0.1)


@contextmanager
def own_database(given: str) -> Iterator[str]:
    """Make a database beside the *given* one, and drop it after the block; yields its URL."""
    name = f"cryptoviz_bench_{os.getpid()}"

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(given)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run(f"CREATE DATABASE {name}"))
    try:
        yield urlsplit(given)._replace(path=f"/{name}").geturl()
    finally:
        asyncio.run(run(f"DROP DATABASE {name} WITH (FORCE)"))


async def compress(dsn: str) -> str:
    """Let the policy compress what is older than a week; return a sentence that says what lies."""
    connection = await asyncpg.connect(dsn)
    job = await connection.fetchval(
        "SELECT job_id FROM timescaledb_information.jobs"
        " WHERE proc_name = 'policy_compression' AND hypertable_name = 'ticker_data'"
    )
    await connection.execute(f"CALL run_job({job})")
    await connection.execute("VACUUM ANALYZE ticker_data")
    found = await connection.fetchrow(
        "SELECT extversion, count(*) AS chunks, count(*) FILTER (WHERE is_compressed) AS compressed"
        " FROM timescaledb_information.chunks, pg_extension"
        " WHERE hypertable_name = 'ticker_data' AND extname = 'timescaledb' GROUP BY extversion"
    )
    await connection.close()
    version, chunks, compressed = found
    return f"TimescaleDB {version}, {compressed} of {chunks} chunks compressed by its policy:"


async def divide(dsn: str) -> None:
    """Store the same tickers by the week, with the same index."""
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute(
            "ALTER TABLE ticker_data RENAME TO whole;"
            "CREATE TABLE ticker_data (LIKE whole) PARTITION BY RANGE (timestamp);"
            "CREATE INDEX ON ticker_data (pair, timestamp DESC)"
        )
        for number in range(PARTITIONS):
            start = NEWEST + WEEK - (number + 1) * WEEK
            bounds = f"FROM ('{start.isoformat()}') TO ('{(start + WEEK).isoformat()}')"
            await connection.execute(
                f"CREATE TABLE week{number} PARTITION OF ticker_data FOR VALUES {bounds}"
            )
        await connection.execute("INSERT INTO ticker_data SELECT * FROM whole")
    await connection.execute("ANALYZE ticker_data")
    await connection.close()


if __name__ == "__main__":
    main()
