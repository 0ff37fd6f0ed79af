"""Faust's Kafka transport, handing over one message per fetched partition batch.

Registered under the scheme `batched://` through the entry point group `faust.transports`. It
subclasses Faust's aiokafka driver and changes, for the topics in `app.batched_topics` alone,
what a message is and when its offset may be committed. All other topics, changelogs among
them, take Faust's own path. It relies on private methods of faust-streaming 0.15.3; the tests
in tests/kafka/test_transport.py exercise each of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from typing import Any, ClassVar

import aiokafka
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from mode.services import WaitResults

from cryptoviz.batch import RawBatch
from cryptoviz.connection import survive_closed_connections
from cryptoviz.consumer_client import ConsumerClient
from cryptoviz.eagerly import begin
from cryptoviz.outstanding import Outstanding
from cryptoviz.producer import Producer

survive_closed_connections()

HELD_BACK_POLL_S = 0.02
NOWHERE = TP("", 0)


class Consumer(driver.Consumer):
    """Joins fetched records into batches and commits only what agents have finished.

    Faust's acknowledgements are not used for batched topics: it also acknowledges events that
    it skips in a rebalance, and those on which an agent raised. What counts is the order in
    which batches were handed over, and which of them are finished.
    """

    _thread: ConsumerClient

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._batched_topics: frozenset[str] = frozenset(self.app.batched_topics)  # type: ignore[attr-defined]
        self._outstanding = Outstanding()
        # Where the next batch of a partition begins to read; unknown until the first one.
        self._positions: dict[TP, int | None] = {}
        self._rewinds: dict[TP, int] = {}

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return ConsumerClient(self, loop=self.loop, beacon=self.beacon)

    async def sleep(self, n: Any) -> None:
        """Sleep for *n* seconds or until the consumer stops; 0 only lets others have their turn."""
        # Faust gives way like that before each fetch. A timer would make it several turns.
        if n == 0:
            await asyncio.sleep(0)
        else:
            await super().sleep(n)

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:
        """Wait for the first of *coros* to end, or until the consumer stops.

        Faust hands each message to its agents' queues like that, beside a wait for a rebalance,
        and makes four tasks for it. A queue that has room takes it at once, without any.
        """
        if len(coros) > 1 and isinstance(coros[0], Coroutine):
            handing_over, *others = coros
            rest = begin(handing_over)
            if rest is None:
                for other in others:
                    other.close()
                return WaitResults([handing_over], [None], False)
            coros = (rest, *others)
        return await super().wait_first(*coros, timeout=timeout)

    async def _wait_next_records(self, timeout: float) -> tuple[Any, Any]:
        while self._rewinds and not self.app.rebalancing:
            # Here, between two fetches, nothing that was read before can slip in behind the seek.
            tp, offset = self._rewinds.popitem()
            if tp not in self.assignment():
                # Asked for by work on what another worker has by now.
                continue
            # What agents have not finished is dropped, so it must be read again too.
            offset = min(offset, self._outstanding.unfinished_from(tp, offset))
            await self.seek_wait({tp: offset})
            self._positions[tp] = offset
            self._outstanding.forget(tp)
        if self.flow_active and not self.app.rebalancing:
            self._note_holes()
        records, active = await super()._wait_next_records(timeout)
        if records:
            records = {
                tp: self._joined(tp, fetched) if tp.topic in self._batched_topics else fetched
                for tp, fetched in records.items()
            }
        return records, active

    def _joined(self, tp: TP, fetched: list[Any]) -> list[RawBatch]:
        if not fetched:
            return []
        if self.app.rebalancing:
            # The fetch was under way when the rebalance began. Faust empties the agents' queues
            # when that is over, so what is handed over now would be lost.
            self._rewinds.setdefault(tp, fetched[0].offset)
            return []
        batch = RawBatch(tp, fetched, self._positions.get(tp))
        self._positions[tp] = batch.next
        return [batch]

    def _note_holes(self) -> None:
        # Offsets without a record, like the marker that ends a transaction, are committed too;
        # else a lag would remain. Between two fetches all that was read has been handed over.
        for tp, known in self._positions.items():
            position = self._thread.reached(tp) if tp.topic in self._batched_topics else None
            if known is not None and position is not None and position > known:
                self._outstanding.reach(tp, position)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        active = active_partitions or set()
        wanted = {tp for tp in active if not self._is_held_back(tp)}
        self._thread.held_back = active - wanted
        self._thread.want(active)
        if len(wanted) < len(active):
            # Faust would wait this long for records of the others, whatever happens meanwhile.
            timeout = min(timeout, HELD_BACK_POLL_S)
            if not wanted:
                await self.sleep(timeout)
                # An empty set would mean all partitions. And who does not ask for a quarter of
                # an hour, as while a database is down, is put out of the group.
                return await super()._getmany({NOWHERE}, 0.0)
        return await super()._getmany(wanted or active_partitions, timeout)

    def _is_held_back(self, tp: TP) -> bool:
        return tp.topic in self._batched_topics and (
            self._outstanding.is_full(tp) or self.app.rebalancing
        )

    def rewind(self, tp: TP, offset: int) -> None:
        """Read *tp* again from *offset*; what was handed over before is not committed any more.

        Batches that are on their way still arrive; their positions tell them apart.
        """
        self._rewinds[tp] = offset

    def committed(self, tp: TP) -> int | None:
        """Return the offset from which *tp* is read after a restart; None for its start."""
        return self._committed_offset[tp]

    def done(self) -> Counter[str]:
        """Return how many records agents have finished since the start, by batched topic."""
        return self._outstanding.done

    def lags(self) -> dict[TP, int]:
        """Return how many records of each batched partition held here are not committed yet.

        A partition of which nothing is committed counts from its start. Left out are partitions
        whose end no fetch has told yet.
        """
        try:
            held = self.assignment()
        except ConsumerNotStarted:
            return {}
        ends = {tp: self._thread.end(tp) for tp in held if tp.topic in self._batched_topics}
        return {
            tp: max(0, end - (self.committed(tp) or 0))
            for tp, end in ends.items()
            if end is not None
        }

    async def perform_seek(self) -> None:
        """Go back to what is committed, and to the start where nothing is.

        Faust leaves partitions without a commit where they are. What it has fetched from them
        and dropped, as it does in a rebalance, would never be seen again.
        """
        generation = self.app.consumer_generation_id
        await super().perform_seek()
        if self.app.consumer_generation_id != generation:
            # Of what was assigned since no commit is known. Whoever resumes reading seeks too.
            return
        self._rewinds.clear()
        self._positions = dict(self._read_offset)
        fresh = [
            self._new_topicpartition(*tp)
            for tp in self.assignment()
            if tp.topic in self._batched_topics and not self._committed_offset[tp]
        ]
        if fresh:
            await self._thread.seek_to_beginning(*fresh)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        if not isinstance(record, RawBatch):
            return super()._to_message(tp, record)
        self._outstanding.add(tp, record)
        last = record.records[-1]
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            # Kafka's oldest message format has none.
            (-1 if last.timestamp is None else last.timestamp) / 1000.0,
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
        for tp in super()._filter_tps_with_pending_acks(topics):
            if tp.topic not in self._batched_topics:
                yield tp
        for tp in self._outstanding.finished():
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in self._batched_topics:
            return super()._new_offset(tp)
        # Faust's own notes of what was acknowledged are not read, so they must not pile up.
        self._acked.pop(tp, None)
        self._acked_index.pop(tp, None)
        return None if tp in self._rewinds else self._outstanding.pop_finished(tp)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Forget what was handed over before: each partition is read again from its commit."""
        self._outstanding.clear()
        self._rewinds.clear()
        await super().on_partitions_assigned(assigned, generation_id)


class Transport(driver.Transport):
    """The transport behind `batched://host:port`."""

    Consumer: ClassVar[Any] = Consumer
    Producer: ClassVar[Any] = Producer
    driver_version = f"batched (aiokafka={aiokafka.__version__})"
