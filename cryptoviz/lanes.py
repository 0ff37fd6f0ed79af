"""Records on their way to Kafka, a batch at a time for each partition.

Faust makes a message, a future and two callbacks of each record that it sends, and aiokafka two
futures more: far more work than writing the record into a batch. Here records wait as they are.
When Kafka has acknowledged a partition's batch, all that has come for it since is the next one,
so batches are as large as Kafka is slow, and no timer is needed to gather them.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from faust.types import TP

from cryptoviz.eagerly import begin

# Called with the partition and offset of a record that Kafka has acknowledged.
OnAcknowledged = Callable[[int, int], None]


class Queued(NamedTuple):
    """A record that waits; *wave* is what its sender counts it in."""

    key: bytes | None
    value: bytes | None
    on_acknowledged: OnAcknowledged | None
    wave: Any


class Lanes:
    """The records that wait, by partition and in order; one batch of each is on its way.

    *on_batch* is called with the records of each acknowledged batch, *on_failure* with the cause
    when one is not. Records of one partition must all go this way, or their order is lost.
    """

    def __init__(
        self, on_batch: Callable[[Sequence[Queued]], None], on_failure: Callable[[str], None]
    ) -> None:
        self._on_batch, self._on_failure = on_batch, on_failure
        self._waiting: defaultdict[TP, deque[Queued]] = defaultdict(deque)
        self._under_way: set[TP] = set()
        self._ready: set[TP] = set()
        # Batches that the client has not taken at once.
        self._begun: list[Coroutine[Any, Any, Any]] = []
        self._is_due = asyncio.Event()
        self._client: AIOKafkaProducer = None

    def put(self, tp: TP, record: Queued) -> None:
        """Queue *record* behind those of *tp*."""
        self._waiting[tp].append(record)
        if tp not in self._under_way:
            self._ready.add(tp)
            self._is_due.set()

    async def run(self, producer: Callable[[], Awaitable[AIOKafkaProducer]]) -> None:
        """Send what waits, for ever; *producer* starts Kafka's client if need be."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            self._client = await producer()
            while self._begun:
                await self._begun.pop()
            while self._ready:
                await self._send(self._ready.pop())

    async def _send(self, tp: TP) -> None:
        batch, records, waiting = self._client.create_batch(), list[Queued](), self._waiting[tp]
        while waiting:
            key, value, *_ = waiting[0]
            if batch.append(timestamp=None, key=key, value=value) is None:
                break
            records.append(waiting.popleft())
        # Nothing can be added any more, so the client does not wait for more.
        batch.close()
        self._under_way.add(tp)
        sent = await self._client.send_batch(batch, tp.topic, partition=tp.partition)
        sent.add_done_callback(partial(self._on_sent, tp, records))

    def _on_sent(self, tp: TP, records: list[Queued], sent: asyncio.Future[Any]) -> None:
        if sent.cancelled():
            self._on_failure("it was cancelled")
        elif error := sent.exception():
            self._on_failure(repr(error))
        else:
            self._under_way.discard(tp)
            if self._waiting[tp]:
                self._go_on(tp)
            self._acknowledge(tp.partition, sent.result().offset, records)

    def _go_on(self, tp: TP) -> None:
        # Not a turn of the event loop later: then Kafka's client has sent its next request, and
        # what waits here would wait for that too.
        try:
            rest = begin(self._send(tp))
        except Exception as error:
            self._on_failure(repr(error))
            return
        if rest is not None:
            self._begun.append(rest)
            self._is_due.set()

    def _acknowledge(self, partition: int, first_offset: int, records: list[Queued]) -> None:
        try:
            for offset, callback in due_callbacks(records):
                callback(partition, first_offset + offset)
        except Exception as error:
            # The records have arrived, but who relies on hearing of it would wait for ever.
            self._on_failure(repr(error))
        else:
            self._on_batch(records)


def due_callbacks(records: Sequence[Queued]) -> list[tuple[int, OnAcknowledged]]:
    """Return what to call, in order: where neighbours share a callback, for the last of them."""
    due = []
    following = None
    for number in range(len(records) - 1, -1, -1):
        callback = records[number].on_acknowledged
        if callback is not None and callback is not following:
            due.append((number, callback))
        following = callback
    return due[::-1]
