"""Time from producing a ticker to seeing its window's emission, beside a plain aiokafka loop.

    python -m benchmarks.latency [--rate 2000] [--seconds 20] [--rounds 3] [--warm-ups 4]

Tickers are produced at an even pace. A ticker has arrived when an emission of its window that
has folded it, by the window's count, is visible on the results topic. The plain loop is a process
of its own that folds into a dict and produces each touched window once a fetch, without any state.
Both run in turn on a broker that has been in use: a Java machine compiles what it does often, and
a broker that has just begun takes more than twice as long for minutes. Medians are of the rounds
that follow.

Measured (Python 3.11, two shared cores, --warm-ups 2 --rounds 5), medians: worker p50 16.7 ms (of
11.8 to 16.9), p99 51.4; plain 5.9 and 19.4. In another run of three rounds: worker 19.4 (16.7 to
19.6) and 60.9, plain 5.7 and 21.4.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict, deque
from pathlib import Path

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from cryptoviz.local.broker import Broker
from cryptoviz.local.drained import wait_until_drained
from cryptoviz.local.worker import WorkerProcess

PAIRS = [f"C{number}/USD" for number in range(20)]
PARTITIONS = 4
# The first seconds pay for connections and caches.
WARM_UP_S = 3.0
WINDOW_S = 300


class Arrivals:
    """When each ticker was sent and when its window's emission was seen."""

    def __init__(self) -> None:
        self.sent: defaultdict[str, deque[tuple[int, float]]] = defaultdict(deque)
        self.latencies_ms: list[float] = []
        self._counts: Counter[str] = Counter()
        self.began_s = time.perf_counter()

    def send(self, key: str) -> None:
        """Note that the next ticker of a window is sent now."""
        self._counts[key] += 1
        self.sent[key].append((self._counts[key], time.perf_counter()))

    def see(self, key: str, count: int) -> None:
        """Note an emission that has folded the first *count* tickers of a window."""
        now_s, waiting = time.perf_counter(), self.sent[key]
        while waiting and waiting[0][0] <= count:
            _, sent_s = waiting.popleft()
            if sent_s - self.began_s >= WARM_UP_S:
                self.latencies_ms.append((now_s - sent_s) * 1000)


async def produce(
    servers: str, topic: str, arrivals: Arrivals, rate: float, seconds: float
) -> None:
    """Send tickers at *rate* a second, evenly spaced."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks=1)
    await producer.start()
    began_s = arrivals.began_s = time.perf_counter()
    for number in range(int(rate * seconds)):
        ahead_s = began_s + number / rate - time.perf_counter()
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
        pair, now_s = PAIRS[number % len(PAIRS)], time.time()
        value = {"pair": pair, "last": 10.0, "bid": 9.0, "ask": 11.0, "timestamp": now_s}
        arrivals.send(f"{pair}|{int(now_s // WINDOW_S) * WINDOW_S}")
        await producer.send(topic, orjson.dumps(value), key=pair.encode())
    await producer.stop()


async def watch(servers: str, topic: str, arrivals: Arrivals, stop: asyncio.Event) -> None:
    """Note every emission on *topic* until *stop*."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=servers)
    await consumer.start()
    while not stop.is_set():
        for records in (await consumer.getmany(timeout_ms=100)).values():
            for record in records:
                arrivals.see(record.key.decode(), orjson.loads(record.value)["count"])
    await consumer.stop()


async def plain_loop(servers: str, source: str, results: str) -> None:
    """Fold for ever, as plainly as aiokafka allows."""
    consumer = AIOKafkaConsumer(source, bootstrap_servers=servers)
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await consumer.start()
    await producer.start()
    windows: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])
    print("ready", flush=True)
    while True:
        touched = set()
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            for record in records:
                ticker = orjson.loads(record.value)
                key = f"{ticker['pair']}|{int(ticker['timestamp'] // WINDOW_S) * WINDOW_S}"
                windows[key][0] += 1
                windows[key][1] += ticker["last"]
                touched.add(key)
        for key in touched:
            count, total = windows[key]
            value = orjson.dumps({"count": count, "mean": total / count})
            await producer.send(results, value, key=key.encode())


async def measured(
    servers: str, source: str, results: str, rate: float, seconds: float
) -> list[float]:
    """Return the latencies (ms), sorted, while somebody folds *source* into *results*."""
    arrivals, stop = Arrivals(), asyncio.Event()
    watching = asyncio.create_task(watch(servers, results, arrivals, stop))
    await produce(servers, source, arrivals, rate, seconds)
    deadline_s = time.monotonic() + 10
    while any(arrivals.sent.values()) and time.monotonic() < deadline_s:
        await asyncio.sleep(0.05)
    stop.set()
    await watching
    missing = sum(len(waiting) for waiting in arrivals.sent.values())
    assert not missing, f"{missing} tickers were never seen on {results}"
    return sorted(arrivals.latencies_ms)


async def plain(servers: str, number: int, rate: float, seconds: float) -> list[float]:
    """Measure the plain loop."""
    source, results = f"plain{number}-in", f"plain{number}-out"
    await create(servers, source, results)
    command = ["-m", "benchmarks.latency", "--loop", servers, source, results]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        return await measured(servers, source, results, rate, seconds)
    finally:
        process.kill()
        await process.wait()


async def worker(servers: str, directory: Path, rate: float, seconds: float) -> list[float]:
    """Measure a worker with its tables, changelogs and commits."""
    group = directory.name
    source, results = f"{group}-rawticker", f"{group}-prices"
    await create(servers, source, results)
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "CRYPTOVIZ_ID": group,
        "CRYPTOVIZ_SINK": "off",
        "TOPIC_RAWTICKER": source,
    }
    with WorkerProcess(directory, environ):
        latencies_ms = await measured(servers, source, results, rate, seconds)
        await wait_until_drained(servers, group, [source])
        return latencies_ms


async def create(servers: str, *topics: str) -> None:
    """Create topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics])
    await admin.close()


def percentile(latencies_ms: list[float], share: float) -> float:
    """Return the latency that *share* of the sorted ones do not exceed."""
    return latencies_ms[int(share * (len(latencies_ms) - 1))]


def report(kind: str, latencies_ms: list[float]) -> None:
    """Print the percentiles of a run."""
    p50, p99, most = (percentile(latencies_ms, share) for share in (0.5, 0.99, 1.0))
    print(
        f"{kind:9} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   max {most:7.1f} ms   "
        f"of {len(latencies_ms):,}",
        flush=True,
    )


async def main(rate: float, seconds: float, rounds: int, warm_ups: int) -> None:
    """Run both in turn, and print what the medians of the percentiles are."""
    runs: dict[str, list[list[float]]] = {"plain": [], "worker": []}
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "kafka") as broker:
        servers = broker.bootstrap_servers
        for number in range(-warm_ups, rounds):
            latencies_ms = {
                "plain": await plain(servers, number, rate, seconds),
                "worker": await worker(servers, Path(name) / f"l{number}", rate, seconds),
            }
            for kind, found in latencies_ms.items():
                report(kind if number >= 0 else f"({kind})", found)
                if number >= 0:
                    runs[kind].append(found)
    for kind, of in runs.items():
        p50, p99 = (
            statistics.median(percentile(one, share) for one in of) for share in (0.5, 0.99)
        )
        print(f"median of {len(of)} rounds: {kind:7} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=2_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm-ups", type=int, default=4)
    parser.add_argument("--loop", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.loop:
        asyncio.run(plain_loop(*arguments.loop))
    else:
        uvloop.run(main(arguments.rate, arguments.seconds, arguments.rounds, arguments.warm_ups))
