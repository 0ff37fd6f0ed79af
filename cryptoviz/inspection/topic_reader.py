"""Reads topics as they are, without a consumer group: nothing is committed, nobody is moved."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import click
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from cryptoviz.inspection.outcome import No
from cryptoviz.kafka import client_options, why_unreachable
from cryptoviz.settings import Settings

POLL_MS = 1_000
# Whoever reads to an end that is known waits so long at most for the next record.
PATIENCE_S = 60.0


class TopicReader:
    """Reads the records that a topic has when it is asked; order holds in each partition."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def topics(self) -> set[str]:
        """Return the names of all topics."""
        found: set[str] = await self._consumer.topics()
        return found

    async def partitions(self, topic: str) -> list[int]:
        """Return the partitions of *topic*; raises `No` if it does not exist."""
        # Asking for all topics never creates one, as asking for a missing topic by name may.
        cluster = await self._consumer._client.fetch_all_metadata()
        numbers = cluster.partitions_for_topic(topic)
        if not numbers:
            raise No(f"Topic {topic} does not exist; `cryptoviz topics` shows those that do.")
        return sorted(numbers)

    async def ends(self, topic: str) -> dict[int, int]:
        """Return the offset after the last record of each partition."""
        places = [TopicPartition(topic, number) for number in await self.partitions(topic)]
        ends = await self._consumer.end_offsets(places)
        return {place.partition: end for place, end in ends.items()}

    async def first_since(self, topic: str, partition: int, time_s: float) -> int | None:
        """Return the first offset with a Kafka timestamp of *time_s* or later, None if none has."""
        place = TopicPartition(topic, partition)
        found = await self._consumer.offsets_for_times({place: max(0, int(time_s * 1000))})
        return None if found[place] is None else int(found[place].offset)

    async def records(
        self,
        topic: str,
        since: Mapping[int, int] | None = None,
        until: Mapping[int, int] | None = None,
    ) -> AsyncIterator[list[ConsumerRecord]]:
        """Yield the records of *topic*, some of one partition at a time.

        *since* and *until* are offsets by partition, the second exclusive: by default all that
        there is now. Partitions that *since* leaves out are left out.
        """
        ends = dict(until) if until is not None else await self.ends(topic)
        for number in sorted(ends if since is None else since):
            place = TopicPartition(topic, number)
            self._consumer.assign([place])
            if since is None:
                await self._consumer.seek_to_beginning(place)
            else:
                self._consumer.seek(place, since[number])
            # The position, not the last record, says when it is done: offsets may have holes.
            heard_s = time.monotonic()
            while await self._consumer.position(place) < ends[number]:
                some = await self._consumer.getmany(place, timeout_ms=POLL_MS)
                if some:
                    heard_s = time.monotonic()
                elif time.monotonic() > heard_s + PATIENCE_S:
                    raise click.ClickException(
                        f"Kafka sent nothing of topic {topic} for {PATIENCE_S:g} s."
                    )
                batch = [each for each in some.get(place, []) if each.offset < ends[number]]
                if batch:
                    yield batch

    async def compacted(self, topic: str) -> dict[bytes, ConsumerRecord]:
        """Return what compaction would leave of *topic*: the last record of each key."""
        last: dict[bytes, ConsumerRecord] = {}
        async for records in self.records(topic):
            for record in records:
                last[record.key] = record
        return {key: record for key, record in last.items() if record.value is not None}

    async def follow(
        self, topic: str, since: Mapping[int, int]
    ) -> AsyncIterator[list[ConsumerRecord]]:
        """Yield the records of *topic* from the offsets *since* on, without an end."""
        places = {TopicPartition(topic, number): offset for number, offset in since.items()}
        self._consumer.assign(list(places))
        for place, offset in places.items():
            self._consumer.seek(place, offset)
        while True:
            for records in (await self._consumer.getmany(timeout_ms=POLL_MS)).values():
                yield records


@asynccontextmanager
async def open_reader(settings: Settings) -> AsyncIterator[TopicReader]:
    """Connect to Kafka; raises `click.ClickException` if that, or reading, fails."""
    options: dict[str, Any] = client_options(settings)
    consumer = AIOKafkaConsumer(
        **options, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=100
    )
    try:
        try:
            await consumer.start()
        except KafkaError:
            raise click.ClickException(await why_unreachable(settings)) from None
        yield TopicReader(consumer)
    except KafkaError as error:
        raise click.ClickException(f"Kafka stopped answering: {error!r}.") from None
    finally:
        await consumer.stop()
