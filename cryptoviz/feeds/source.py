"""Reads the topics of feeds from Kafka, apart from the agents' consumer and in no group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

import aiokafka
from aiokafka import TopicPartition

from cryptoviz.feeds.feed import Feed
from cryptoviz.feeds.message import Message
from cryptoviz.kafka import client_options
from cryptoviz.settings import Settings

# How long the broker may hold a fetch that finds nothing.
FETCH_WAIT_MS = 500
POLL_MS = 200
# A batch is decoded without a pause, so this bounds how long all else waits.
MOST_RECORDS = 2_000


class Bounds(NamedTuple):
    """The first and the next offset of each partition of a topic."""

    first: list[int]
    next: list[int]


class Read(NamedTuple):
    """Messages in the order in which they were read, and where each partition stands now."""

    messages: list[Message]
    positions: list[int]


class Source(Protocol):
    """What feeds are read from."""

    async def bounds(self, feed: Feed) -> Bounds:
        """Return what the topic of *feed* holds now."""

    def read(self, feed: Feed, positions: Sequence[int]) -> AsyncIterator[Read]:
        """Yield what is at or behind *positions*, for ever; also when there was nothing new."""


class KafkaSource:
    """Topics of a Kafka cluster with one partition count."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def bounds(self, feed: Feed) -> Bounds:
        """Return what the topic of *feed* holds now."""
        consumer = await self._consumer()
        try:
            partitions = self._partitions(feed)
            first = await consumer.beginning_offsets(partitions)
            following = await consumer.end_offsets(partitions)
        finally:
            await consumer.stop()
        return Bounds(
            [first[partition] for partition in partitions],
            [following[partition] for partition in partitions],
        )

    async def read(self, feed: Feed, positions: Sequence[int]) -> AsyncIterator[Read]:
        """Yield what is at or behind *positions*, for ever; also when there was nothing new."""
        consumer = await self._consumer()
        try:
            partitions = self._partitions(feed)
            consumer.assign(partitions)
            for partition, position in zip(partitions, positions, strict=True):
                consumer.seek(partition, position)
            while True:
                fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_RECORDS)
                messages = [m for records in fetched.values() for m in feed.decode(records)]
                yield Read(messages, [await consumer.position(each) for each in partitions])
        finally:
            await consumer.stop()

    async def _consumer(self) -> aiokafka.AIOKafkaConsumer:
        consumer = aiokafka.AIOKafkaConsumer(
            **client_options(self._settings),
            client_id=f"{self._settings.cryptoviz_id}-feeds",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            # The broker has checked them, and here it would cost more than the decoding.
            check_crcs=False,
        )
        await consumer.start()
        return consumer

    def _partitions(self, feed: Feed) -> list[TopicPartition]:
        count = self._settings.topic_partitions
        return [TopicPartition(feed.topic, number) for number in range(count)]
