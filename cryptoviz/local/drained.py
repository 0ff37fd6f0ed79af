"""How far a consumer group has come: for tests and benchmarks that wait until it is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


async def wait_until_drained(
    bootstrap_servers: str, group: str, topics: Sequence[str], timeout_s: float = 60.0
) -> None:
    """Wait until *group* has committed all of *topics*; raises `TimeoutError` with what is left."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers)
    await admin.start()
    await consumer.start()
    deadline_s = time.monotonic() + timeout_s
    try:
        while left := await _lag(admin, consumer, group, topics):
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{group} still lags {left} records behind after {timeout_s} s")
            await asyncio.sleep(0.05)
    finally:
        await consumer.stop()
        await admin.close()


async def _lag(
    admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, group: str, topics: Sequence[str]
) -> int:
    counts = {
        topic["topic"]: len(topic["partitions"])
        for topic in await admin.describe_topics(list(topics))
    }
    partitions = [
        TopicPartition(topic, number) for topic, count in counts.items() for number in range(count)
    ]
    ends = await consumer.end_offsets(partitions)
    committed = await admin.list_consumer_group_offsets(group, partitions=partitions)
    done = {partition: max(entry.offset, 0) for partition, entry in committed.items()}
    return sum(end - done.get(partition, 0) for partition, end in ends.items())
