"""A Faust producer whose flush means what it says.

Faust's own flush returns once nothing was sent for 0.1 s, and a send that fails is only
logged; offsets are committed all the same, and what the batch wrote is lost when another
worker takes over. Here `flush` returns when Kafka has acknowledged every record, and a
failed send ends the process before anything is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer
from faust.transport.drivers import aiokafka as driver
from faust.transport.producer import ProducerBuffer
from faust.types.tuples import TP, FutureMessage
from mode import Service

from cryptoviz.lanes import Lanes, OnAcknowledged, Queued

# Records that may wait for Kafka before batches are held back: some seconds' worth of changes.
MOST_WAITING_RECORDS = 20_000
# How late a buffer that was stopped from elsewhere is noticed by who waits for it.
STATE_POLL_S = 0.2


class SendError(RuntimeError):
    """Kafka did not take a record that the application needs it to hold."""


class Wave:
    """The records put between two flushes, of which *left* wait for Kafka."""

    __slots__ = ("_before", "left")

    def __init__(self, before: Wave | None = None) -> None:
        self.left = 0
        self._before = before

    def has_arrived(self) -> bool:
        """Return whether Kafka has acknowledged all records of this wave and of those before."""
        if self._before is not None and self._before.has_arrived():
            self._before = None
        return self._before is None and self.left == 0


class StrictBuffer(ProducerBuffer):
    """Knows which records Kafka has acknowledged, and lets others wait for that."""

    max_messages = MOST_WAITING_RECORDS
    # Set by the producer that the buffer belongs to.
    client: Callable[[], Awaitable[AIOKafkaProducer]]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._unacknowledged = 0
        self._wave = Wave()
        self._failure: SendError | None = None
        self._progress = asyncio.Event()
        self._lanes = Lanes(self._on_batch, self._fail)

    @property
    def size(self) -> int:
        """Records that Kafka has not acknowledged yet, sent or not."""
        return self._unacknowledged

    def put(self, fut: FutureMessage) -> None:
        """Queue a record for sending."""
        self._unacknowledged += 1
        self._wave.left += 1
        self.pending.put_nowait((fut, self._wave))

    def put_record(
        self,
        tp: TP,
        key: bytes | None,
        value: bytes | None,
        on_acknowledged: OnAcknowledged | None = None,
    ) -> None:
        """Queue a record for the partition *tp*, to which nobody sends in another way.

        *on_acknowledged* is called with its partition and offset; where neighbouring records
        share it, for the last of those that Kafka acknowledges at once.
        """
        self._unacknowledged += 1
        self._wave.left += 1
        self._lanes.put(tp, Queued(key, value, on_acknowledged, self._wave))

    async def flush(self) -> None:
        """Wait until Kafka has acknowledged every record put so far.

        Not those put meanwhile: under load there is always one, and offsets would wait for ever.
        Raises `SendError` if a record was refused, or if nothing is left that could send.
        """
        wave, self._wave = self._wave, Wave(self._wave)
        await self._wait_until(wave.has_arrived)

    async def flush_atmost(self, max_messages: int | None) -> int:
        """Wait until all is acknowledged; return how many records that were."""
        before = self._unacknowledged
        await self.flush()
        return before

    async def wait_until_ebb(self) -> None:
        """Hold back the next batch while more than `max_messages` records wait."""
        if self._unacknowledged > self.max_messages:
            await self._wait_until(lambda: self._unacknowledged <= self.max_messages)

    async def _wait_until(self, done: Callable[[], bool]) -> None:
        while not done() or self._failure:
            if self._failure:
                raise self._failure
            if self.state in ("stopping", "shutdown", "crashed"):
                raise SendError(f"{self._unacknowledged} records were never sent: {self.state}")
            self._progress.clear()
            try:
                await asyncio.wait_for(self._progress.wait(), timeout=STATE_POLL_S)
            except TimeoutError:
                continue

    async def on_stop(self) -> None:
        """Let the producer's own stop flush; here sending has ended already."""

    @Service.task
    async def _handle_pending(self) -> None:
        while not self.should_stop:
            fut, wave = await self.pending.get()
            sent: Any = await fut.message.channel.publish_message(fut, wait=False)
            sent.add_done_callback(partial(self._on_sent, wave))

    @Service.task
    async def _send_lanes(self) -> None:
        await self._lanes.run(lambda: self.client())

    def _on_batch(self, records: Sequence[Queued]) -> None:
        self._unacknowledged -= len(records)
        for record in records:
            record.wave.left -= 1
        self._progress.set()

    def _on_sent(self, wave: Wave, sent: asyncio.Future[Any]) -> None:
        if sent.cancelled():
            self._fail("it was cancelled")
        elif sent.exception() is None:
            self._unacknowledged -= 1
            wave.left -= 1
            self._progress.set()

    def watch(self, sent: asyncio.Future[Any]) -> None:
        """End the process if *sent*, a record on its way, turns out to be refused."""
        # Who waits for a record, and is cancelled, cancels it too; that is no refusal.
        if not sent.cancelled() and (error := sent.exception()):
            self._fail(repr(error))

    def _fail(self, cause: str) -> None:
        if self._failure is None:
            self._failure = SendError(f"Kafka did not take a record: {cause}")
            self.add_future(self.crash(self._failure))
            self._progress.set()


class Producer(driver.Producer):
    """The aiokafka producer with the strict buffer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.buffer: StrictBuffer = StrictBuffer(loop=self.loop, beacon=self.beacon)
        self.buffer.app = self.app
        self.buffer.client = self._client

    def _settings_extra(self) -> Mapping[str, Any]:
        # Without it a retry may write a record twice, and behind a newer one of the same key.
        return {**super()._settings_extra(), "acks": "all", "enable_idempotence": True}

    async def send(self, *args: Any, **kwargs: Any) -> Any:
        """Hand a record to Kafka's client; whoever sends it, a refusal ends the process."""
        sent: Any = await super().send(*args, **kwargs)
        sent.add_done_callback(self.buffer.watch)
        return sent

    async def _client(self) -> AIOKafkaProducer:
        await self.maybe_start()
        return self._ensure_producer()
