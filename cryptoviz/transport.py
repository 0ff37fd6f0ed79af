"""Faust's Kafka transport, handing over one message per fetched partition batch.

Registered under the scheme `batched://` through the entry point group `faust.transports`. It
subclasses Faust's aiokafka driver and changes, for the topics in `app.batched_topics` alone,
what a message is and when its offset may be committed. All other topics, changelogs among
them, take Faust's own path. It relies on private methods of faust-streaming 0.15.3; the tests
in tests/kafka/test_transport.py exercise each of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, ClassVar

import aiokafka
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from cryptoviz.batch import RawBatch
from cryptoviz.producer import Producer

# How long the broker may hold a fetch that finds nothing. Faust hard-codes 1,500 ms, and a
# partition that is resumed meanwhile waits for the held fetch to return.
FETCH_MAX_WAIT_MS = 100


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread with a shorter wait for empty fetches."""

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer


class Consumer(driver.Consumer):
    """Joins fetched records into batches and commits only what agents have finished."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._batched_topics: frozenset[str] = frozenset(self.app.batched_topics)  # type: ignore[attr-defined]
        # Next offset to read of each partition after its last finished batch.
        self._finished: dict[TP, int] = {}
        # Partitions with an unfinished batch: nothing behind it may be committed.
        self._stalled: set[TP] = set()
        self.unfinished_batches: defaultdict[TP, int] = defaultdict(int)

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _wait_next_records(self, timeout: float) -> tuple[Any, Any]:
        records, active = await super()._wait_next_records(timeout)
        if records:
            batched = self._batched_topics
            records = {
                tp: [RawBatch(fetched)] if tp.topic in batched and fetched else fetched
                for tp, fetched in records.items()
            }
        return records, active

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        if not isinstance(record, RawBatch):
            return super()._to_message(tp, record)
        last = record.records[-1]
        return ConsumerMessage(
            last.topic,
            last.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            (),
            None,
            record,
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        # Faust counts gaps one offset at a time. A batch leaves thousands, and needs none of
        # them: batches of a partition finish in order, so the last one says where to go on.
        if tp.topic not in self._batched_topics:
            await super()._add_gap(tp, offset_from, offset_to)

    def ack(self, message: Message) -> bool:
        """Note that Faust is done with *message*; a batch must be finished to count.

        Return True if the message's offset became committable.
        """
        batch = message.value
        if not isinstance(batch, RawBatch):
            return super().ack(message)
        message.acked = True
        self._unacked_messages.discard(message)
        if message.generation_id != self.app.consumer_generation_id:
            return False  # Read before a rebalance: it is read again, from the commit.
        if not batch.finished:
            self._stalled.add(message.tp)
        if message.tp in self._stalled:
            return False
        self._finished[message.tp] = batch.next
        self._acked[message.tp].append(batch.next)
        self._n_acked += 1
        return True

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in self._batched_topics:
            return super()._new_offset(tp)
        self._acked[tp].clear()
        return self._finished.pop(tp, None)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Forget what was read before: every partition goes on from its committed offset."""
        self._finished.clear()
        self._stalled.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    def committed_offsets(self) -> Mapping[TP, int | None]:
        """Return the offset from which each partition would be read again."""
        return dict(self._committed_offset)


class Transport(driver.Transport):
    """The transport behind `batched://host:port`."""

    Consumer: ClassVar[Any] = Consumer
    Producer: ClassVar[Any] = Producer
    driver_version = f"batched (aiokafka={aiokafka.__version__})"
