"""Resident memory of a worker that drains millions of tickers of the same pairs.

    python -m benchmarks.memory [--millions 10] [--rate 120]

Tickers of 20 pairs go on in event time from one million to the next, over about a day in all; rows
leave the tables two hours after their windows, so there are as many keys all the time. Memory is
read whenever a million is drained and committed.

Measured (Python 3.11, two shared cores), MB after each of 7 million at --rate 12, a week in which
rows stay for 20 hours: 229, 275, 358, 358, 358, 334, 334.

At the default rate, after each of ten million: 211, 230, 242, 248, 258, 251, 264, 257, 262, 258.

With block caches of 16 MB in place of 1 MB, at --rate 12 for ten days: 250, 316, 316, 347, 460, and
566 after each of the sixth to the tenth; at --rate 120: 201, 232, 236, 239, 248, 258, 257, 257,
272, 284; at --rate 1200, of 8 million: 205, 229, 273, 273, 272, 272, 273, 273. So memory grows with
the event time that is covered, up to a bound, and not with the number of records. With write
buffers of 8 MB, in place of 1 MB, it was up to 324 after 8 million.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.drain import PARTITIONS, TOPIC, cpu_s
from cryptoviz.commands.outbox import Outbox, open_outbox
from cryptoviz.local.broker import Broker
from cryptoviz.local.drained import wait_until_drained
from cryptoviz.local.worker import WorkerProcess
from cryptoviz.settings import load

MILLION = 1_000_000
PAIRS = 20
RATE_PER_S = 120
# Tickers within the retention: the more come in a second, the shorter it is.
RETAINED = 864_000
# By then rows expire, at rates up to 1,800.
WARM_UP_MILLIONS = 2


def tickers(began_s: float, rate: int) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield key, value and timestamp (ms) of tickers, without end."""
    chance = random.Random(1)
    prices = [100.0 + number for number in range(PAIRS)]
    for sent in itertools.count():
        number, time_s = sent % PAIRS, began_s + sent / rate
        prices[number] = price = round(prices[number] * (1 + chance.gauss(0, 1e-4)), 2)
        value = (
            f'{{"pair":"C{number}/USD","last":{price:.2f},"bid":{price - 0.05:.2f},'
            f'"ask":{price + 0.05:.2f},"volume_24h":1200.5,"timestamp":{time_s:.3f}}}'
        )
        yield b"C%d/USD" % number, value.encode(), int(time_s * 1000)


async def feed(outbox: Outbox, source: Iterator[tuple[bytes, bytes, int]]) -> None:
    """Send the next million."""
    for number, (key, value, timestamp_ms) in enumerate(itertools.islice(source, MILLION)):
        outbox.put(TOPIC, key, value, timestamp_ms=timestamp_ms)
        if number % 5_000 == 0:
            await outbox.send()
    await outbox.flush()


async def main(millions: int, rate: int) -> None:
    """Drain one million after another and print what the worker holds after each."""
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "kafka") as broker:
        servers = broker.bootstrap_servers
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        await admin.start()
        config = {"retention.ms": "-1"}
        await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1, topic_configs=config)])
        await admin.close()
        environ = {
            "KAFKA_BOOTSTRAP_SERVERS": servers,
            "CRYPTOVIZ_ID": "memory",
            "CRYPTOVIZ_SINK": "off",
            "TABLE_RETENTION": str(RETAINED // rate),
        }
        source = tickers(time.time() - millions * MILLION / rate, rate)
        outboxes = open_outbox(load({"KAFKA_BOOTSTRAP_SERVERS": servers}), [TOPIC])
        with WorkerProcess(Path(name) / "worker", environ) as process:
            held_mb: list[float] = []
            async with outboxes as outbox:
                for number in range(millions):
                    await feed(outbox, source)
                    for topic in (TOPIC, "memory-prices"):
                        await wait_until_drained(servers, "memory", [topic], timeout_s=120)
                    pid = process.child.pid
                    held_mb.append(psutil.Process(pid).memory_info().rss / 2**20)
                    print(
                        f"{number + 1:3} million  {held_mb[-1]:7.1f} MB  "
                        f"{cpu_s(pid):6.1f} CPU s so far",
                        flush=True,
                    )
    warm = held_mb[WARM_UP_MILLIONS - 1 :]
    if len(warm) > 1:
        print(f"from million {WARM_UP_MILLIONS} on: {min(warm):.1f} to {max(warm):.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, default=10)
    parser.add_argument("--rate", type=int, default=RATE_PER_S)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.millions, arguments.rate))
