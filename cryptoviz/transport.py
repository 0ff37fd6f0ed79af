"""Faust's Kafka transport, handing over one message per fetched partition batch.

Registered under the scheme `batched://` through the entry point group `faust.transports`. It
subclasses Faust's aiokafka driver and changes, for the topics in `app.batched_topics` alone,
what a message is and when its offset may be committed. All other topics, changelogs among
them, take Faust's own path. It relies on private methods of faust-streaming 0.15.3; the tests
in tests/kafka/test_transport.py exercise each of them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any, ClassVar

import aiokafka
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

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
    """Joins fetched records into batches and commits only what agents have finished.

    Faust's acknowledgements are not used for batched topics: it also acknowledges events that
    it skips in a rebalance, and those on which an agent raised. What counts is the order in
    which batches were handed over, and which of them are finished.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._batched_topics: frozenset[str] = frozenset(self.app.batched_topics)  # type: ignore[attr-defined]
        self._outstanding: defaultdict[TP, deque[RawBatch]] = defaultdict(deque)
        # Where the next batch of a partition begins to read; unknown until the first one.
        self._positions: dict[TP, int | None] = {}
        self._rewinds: dict[TP, int] = {}

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _wait_next_records(self, timeout: float) -> tuple[Any, Any]:
        while self._rewinds:
            # Here, between two fetches, nothing that was read before can slip in behind the seek.
            tp, offset = self._rewinds.popitem()
            await self.seek_wait({tp: offset})
            self._positions[tp] = offset
            self._outstanding.pop(tp, None)
        records, active = await super()._wait_next_records(timeout)
        if records:
            batched = self._batched_topics
            records = {
                tp: [self._batch(tp, fetched)] if tp.topic in batched and fetched else fetched
                for tp, fetched in records.items()
            }
        return records, active

    def _batch(self, tp: TP, fetched: list[Any]) -> RawBatch:
        batch = RawBatch(fetched, self._positions.get(tp))
        self._positions[tp] = batch.next
        return batch

    def rewind(self, tp: TP, offset: int) -> None:
        """Read *tp* again from *offset*; what was handed over before is not committed any more.

        Batches that are on their way still arrive; their positions tell them apart.
        """
        self._rewinds[tp] = offset

    async def perform_seek(self) -> None:
        """Go back to the committed offsets."""
        await super().perform_seek()
        self._rewinds.clear()
        self._positions = dict(self._read_offset)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        if not isinstance(record, RawBatch):
            return super()._to_message(tp, record)
        self._outstanding[tp].append(record)
        last = record.records[-1]
        return ConsumerMessage(
            last.topic,
            last.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            {},
            None,
            record,  # type: ignore[arg-type]  # bytes to Faust, which only passes it on
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        # Faust counts gaps one offset at a time. A batch leaves thousands, and needs none of
        # them: batches of a partition finish in order, so the last one says where to go on.
        if tp.topic not in self._batched_topics:
            await super()._add_gap(tp, offset_from, offset_to)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        yield from (
            tp
            for tp in super()._filter_tps_with_pending_acks(topics)
            if tp.topic not in self._batched_topics
        )
        yield from (
            tp
            for tp, batches in self._outstanding.items()
            if batches
            and batches[0].finished
            and (topics is None or tp in topics or tp.topic in topics)
        )

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in self._batched_topics:
            return super()._new_offset(tp)
        # Faust's own notes of what was acknowledged are not read, so they must not pile up.
        self._acked.pop(tp, None)
        self._acked_index.pop(tp, None)
        if tp in self._rewinds:
            return None
        batches, offset = self._outstanding[tp], None
        while batches and batches[0].finished:
            offset = batches.popleft().next
        return offset

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Forget what was handed over before: each partition is read again from its commit."""
        self._outstanding.clear()
        await super().on_partitions_assigned(assigned, generation_id)


class Transport(driver.Transport):
    """The transport behind `batched://host:port`."""

    Consumer: ClassVar[Any] = Consumer
    Producer: ClassVar[Any] = Producer
    driver_version = f"batched (aiokafka={aiokafka.__version__})"
