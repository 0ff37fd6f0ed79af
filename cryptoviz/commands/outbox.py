"""Sending many messages to Kafka from one loop, without a task or a future for each."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import click
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from cryptoviz.kafka import client_options
from cryptoviz.settings import Settings

MAX_BATCH_BYTES = 512 * 1024
LINGER_MS = 5
REQUEST_TIMEOUT_MS = 20_000
STOP_TIMEOUT_S = 2.0


class Outbox:
    """Collects messages in one batch per partition and hands the batches to the producer.

    aiokafka's own `send` makes a future for every message and awaits three times; batches built
    here cost a tenth of that. Order within a partition is kept.
    """

    def __init__(self, producer: AIOKafkaProducer, partitions: dict[str, list[int]]) -> None:
        self._producer = producer
        self._partitions = partitions
        self._rounds = {topic: itertools.cycle(ids) for topic, ids in partitions.items()}
        self._murmur2 = DefaultPartitioner()
        # Python's murmur2 takes longer than the rest of `put`, and keys repeat.
        self._partition_of = functools.lru_cache(65_536)(self._hash_key)
        self._open: dict[tuple[str, int], Any] = {}
        self._full: list[tuple[tuple[str, int], Any]] = []
        self._unconfirmed: set[asyncio.Future[Any]] = set()
        self._failure: BaseException | None = None
        self.put_count = 0
        self.delivered_count = 0

    def put(
        self, topic: str, key: bytes | None, value: bytes, timestamp_ms: int | None = None
    ) -> None:
        """Add a message, keyed as Java's producer does; without a *key*, partitions take turns.

        *timestamp_ms* is the record's CreateTime, by default now.
        """
        partition = next(self._rounds[topic]) if key is None else self._partition_of(topic, key)
        place = (topic, partition)
        batch = self._open.get(place)
        if batch is None:
            batch = self._open[place] = self._producer.create_batch()
        if batch.append(key=key, value=value, timestamp=timestamp_ms) is None:
            self._full.append((place, batch))
            batch = self._open[place] = self._producer.create_batch()
            # An empty batch takes a message of any size; the broker is the one to refuse it.
            batch.append(key=key, value=value, timestamp=timestamp_ms)
        self.put_count += 1

    async def send(self) -> None:
        """Hand over all that was put, waiting while earlier batches have not left yet.

        Raises `KafkaError` if a batch could not be delivered, now or earlier.
        """
        batches = [*self._full, *self._open.items()]
        self._full, self._open = [], {}
        for (topic, partition), batch in batches:
            if self._failure is not None:
                raise self._failure
            # A closed batch leaves at once instead of lingering: it is all there is.
            batch.close()
            delivery = await self._producer.send_batch(batch, topic, partition=partition)
            self._unconfirmed.add(delivery)
            delivery.add_done_callback(functools.partial(self._confirm, batch.record_count()))

    async def flush(self) -> None:
        """Send all that was put and wait until Kafka has acknowledged it. Raises `KafkaError`."""
        await self.send()
        while self._unconfirmed:
            await asyncio.wait(self._unconfirmed)
        if self._failure is not None:
            raise self._failure

    def _hash_key(self, topic: str, key: bytes) -> int:
        partitions = self._partitions[topic]
        return int(self._murmur2(key, partitions, partitions))

    def _confirm(self, records: int, delivery: asyncio.Future[Any]) -> None:
        self._unconfirmed.discard(delivery)
        error = None if delivery.cancelled() else delivery.exception()
        if error is None:
            self.delivered_count += records
        elif self._failure is None:
            self._failure = error


@asynccontextmanager
async def open_outbox(settings: Settings, topics: Iterable[str]) -> AsyncIterator[Outbox]:
    """Connect to Kafka and yield an outbox for *topics*, which must exist.

    Raises `click.ClickException` with one sentence when a topic is missing, when Kafka cannot be
    reached, or when it stops taking messages.
    """
    servers = settings.kafka_bootstrap_servers
    # Its messages repeat, in several lines, what the exception says in one.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    producer = _producer(settings)
    try:
        try:
            await producer.start()
        except KafkaError:
            # A refused log-in also ends as "unable to bootstrap", so name both.
            raise click.ClickException(
                f"Kafka cannot be reached at {servers}; is it running, "
                "and are the KAFKA_ settings those of its listener?"
            ) from None
        yield Outbox(producer, await _existing_partitions(producer, topics, servers))
    except KafkaError as error:
        raise click.ClickException(f"Kafka at {servers} stopped taking messages: {error}") from None
    finally:
        # Whoever wanted their messages confirmed has flushed; a Kafka that is away is not waited
        # for again.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await producer.stop()


def _producer(settings: Settings) -> AIOKafkaProducer:
    try:
        options = client_options(settings)
    except OSError as error:
        raise click.ClickException(f"a KAFKA_SSL_ file cannot be used: {error}") from None
    return AIOKafkaProducer(
        acks="all",
        enable_idempotence=True,
        linger_ms=LINGER_MS,
        max_batch_size=MAX_BATCH_BYTES,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        **options,
    )


async def _existing_partitions(
    producer: AIOKafkaProducer, topics: Iterable[str], servers: str
) -> dict[str, list[int]]:
    # Asking for all topics never creates one, as asking for a missing topic by name may.
    cluster = await producer.client.fetch_all_metadata()
    existing = cluster.topics()
    for topic in topics:
        if topic not in existing:
            raise click.ClickException(
                f"topic {topic} does not exist at {servers}; "
                "start a worker, which creates it, or create it with Kafka's tools"
            )
    return {topic: sorted(cluster.partitions_for_topic(topic)) for topic in topics}
