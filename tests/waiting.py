"""Waiting for what real servers and workers do, and reading what they wrote."""

import asyncio
import time

from aiokafka import AIOKafkaConsumer, TopicPartition

POLL_S = 0.05


async def eventually(ask, what, timeout_s=60.0):
    """Return the first true answer of *ask*, a function or coroutine function."""
    deadline_s = time.monotonic() + timeout_s
    while True:
        answer = ask()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < deadline_s, f"{what} did not happen within {timeout_s} s"
        await asyncio.sleep(POLL_S)


async def stored(bootstrap_servers, topic, partitions):
    """Return all records of *topic*, those of each partition in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, fetch_max_bytes=2**25)
    await consumer.start()
    try:
        tps = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(tps)
        await consumer.seek_to_beginning()
        records, ends = [], await consumer.end_offsets(tps)
        for tp, end in ends.items():
            while await consumer.position(tp) < end:
                some = await consumer.getmany(tp, timeout_ms=500)
                records += some.get(tp, [])
        return records
    finally:
        await consumer.stop()
