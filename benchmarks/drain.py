"""Drain a topic of tickers into `prices`, beside a plain aiokafka + orjson + dict loop.

    python -m benchmarks.drain [--records 1000000] [--rounds 3]

Both read the same records from the same broker, in turn. The worker keeps its RocksDB tables,
changelog and results topic; the plain loop keeps a dict and no state. A worker's time runs from
ready to the last offset committed, so it includes the strict flush.

Measured (Debian's Python 3.11.2, two shared cores whose speed changes), records/s and CPU s per
million of five rounds: worker 194,314 186,367 211,495 184,436 179,285 (4.8 5.1 4.4 5.1 5.4), plain
202,450 207,552 175,214 171,091 172,748 (4.7 4.7 5.6 5.7 5.7); ratio of the medians 1.06. With a
Python that was built without optimisation the ratio was 1.51 once, and 0.97 to 1.19 in three runs
before a fetch asked for busy partitions alone.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import orjson
import psutil
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from cryptoviz.commands.outbox import open_outbox
from cryptoviz.local.broker import Broker
from cryptoviz.local.drained import wait_until_drained
from cryptoviz.local.worker import WorkerProcess
from cryptoviz.settings import load
from cryptoviz.simulator import Market

TOPIC = "rawticker"
PARTITIONS = 4


async def fill(servers: str, records: int) -> None:
    """Send *records* simulated tickers, keyed by pair."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    config = {"retention.ms": "-1"}
    await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1, topic_configs=config)])
    await admin.close()
    market = Market(1, time.time() - records / 120, rate_per_s=200)
    async with open_outbox(load({"KAFKA_BOOTSTRAP_SERVERS": servers}), [TOPIC]) as outbox:
        sent = 0
        for message in market:
            if message.kind == "ticker":
                stamp_ms = round(message.send_time_s * 1000)
                outbox.put(TOPIC, message.key, message.value, timestamp_ms=stamp_ms)
                sent += 1
                if sent % 2000 == 0:
                    await outbox.send()
                if sent == records:
                    break
        await outbox.send()
        await outbox.flush()


async def plain_loop(servers: str, records: int) -> tuple[float, float]:
    """Fold all records in a dict; return seconds and CPU seconds."""
    consumer = AIOKafkaConsumer(
        TOPIC, bootstrap_servers=servers, auto_offset_reset="earliest", max_poll_records=20_000
    )
    await consumer.start()
    windows: dict[tuple[str, int], list[float]] = defaultdict(lambda: [0, 0.0, 0.0, 0.0])
    began_s, began_cpu_s, seen = time.perf_counter(), time.process_time(), 0
    while seen < records:
        for fetched in (await consumer.getmany(timeout_ms=1000, max_records=20_000)).values():
            for record in fetched:
                ticker = orjson.loads(record.value)
                window = windows[ticker["pair"], int(ticker["timestamp"] // 300)]
                price = ticker["last"]
                window[0] += 1
                window[1] += price
                window[2] = max(window[2], price)
                window[3] = min(window[3] or price, price)
            seen += len(fetched)
    took_s, used_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    await consumer.stop()
    return took_s, used_s


async def worker(servers: str, directory: Path) -> tuple[float, float]:
    """Let a fresh worker drain the topic; return seconds and CPU seconds."""
    group = directory.name
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "CRYPTOVIZ_ID": group,
        "CRYPTOVIZ_SINK": "off",
        "COMMIT_INTERVAL": "0.2",
        "TABLE_RETENTION": "864000",
    }
    process = WorkerProcess(directory, environ).start()
    try:
        began_s, began_cpu_s = time.perf_counter(), cpu_s(process.child.pid)
        await wait_until_drained(servers, group, [TOPIC], timeout_s=300)
        return time.perf_counter() - began_s, cpu_s(process.child.pid) - began_cpu_s
    finally:
        process.terminate()


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that process *pid* has used."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


async def main(records: int, rounds: int) -> None:
    """Run the rounds and print each, then the medians and their ratio."""
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "kafka") as broker:
        servers = broker.bootstrap_servers
        await fill(servers, records)
        results: dict[str, list[tuple[float, float]]] = {"plain": [], "worker": []}
        for number in range(rounds):
            results["plain"].append(await plain_loop(servers, records))
            results["worker"].append(await worker(servers, Path(name) / f"drain{number}"))
            for kind, runs in results.items():
                took_s, used_s = runs[-1]
                print(
                    f"{kind:7} {records / took_s:10,.0f} records/s "
                    f"{used_s * 1e6 / records:6.2f} CPU s per million",
                    flush=True,
                )
        speeds = {
            kind: statistics.median(records / took_s for took_s, _ in runs)
            for kind, runs in results.items()
        }
        print(
            f"median: worker {speeds['worker']:,.0f}, plain {speeds['plain']:,.0f} records/s, "
            f"ratio {speeds['worker'] / speeds['plain']:.2f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.records, arguments.rounds))
