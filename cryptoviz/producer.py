"""A Faust producer whose flush means what it says.

Faust's own flush returns once nothing was sent for 0.1 s, and a send that fails is only
logged; offsets are committed all the same, and what the batch wrote is lost when another
worker takes over. Here `flush` returns when Kafka has acknowledged every record, and a
failed send ends the process before anything is committed.
"""

from __future__ import annotations

import asyncio
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.transport.producer import ProducerBuffer
from faust.types.tuples import FutureMessage
from mode import Service

# Records that may wait for Kafka before batches are held back: some seconds' worth of changes.
MOST_WAITING_RECORDS = 20_000


class SendError(RuntimeError):
    """Kafka did not take a record that the application needs it to hold."""


class StrictBuffer(ProducerBuffer):
    """Counts what was put and what Kafka has acknowledged; `flush` waits until they meet."""

    max_messages = MOST_WAITING_RECORDS

    def __post_init__(self) -> None:
        super().__post_init__()
        self._unacknowledged = 0
        self._failure: SendError | None = None
        self._progress = asyncio.Event()

    @property
    def size(self) -> int:
        """Records that Kafka has not acknowledged yet, sent or not."""
        return self._unacknowledged

    def put(self, fut: FutureMessage) -> None:
        """Queue a record for sending."""
        self._unacknowledged += 1
        super().put(fut)

    async def flush(self) -> None:
        """Wait until Kafka has acknowledged every record put so far and since.

        Raises `SendError` if one was refused, or if nothing is left that could send.
        """
        await self._wait_for_at_most(0)

    async def flush_atmost(self, max_messages: int | None) -> int:
        """Wait until all is acknowledged; return how many records that were."""
        before = self._unacknowledged
        await self.flush()
        return before

    async def wait_until_ebb(self) -> None:
        """Hold back the next batch while more than `max_messages` records wait."""
        if self._unacknowledged > self.max_messages:
            await self._wait_for_at_most(self.max_messages)

    async def _wait_for_at_most(self, count: int) -> None:
        while self._unacknowledged > count or self._failure:
            if self._failure:
                raise self._failure
            if self.state in ("stopping", "shutdown", "crashed"):
                raise SendError(f"{self._unacknowledged} records were never sent: {self.state}")
            self._progress.clear()
            # The timeout only bounds how late a stopped buffer is noticed.
            try:
                await asyncio.wait_for(self._progress.wait(), timeout=0.2)
            except TimeoutError:
                continue

    async def on_stop(self) -> None:
        """Let the producer's own stop flush; here sending has ended already."""

    @Service.task
    async def _handle_pending(self) -> None:
        while not self.should_stop:
            fut = await self.pending.get()
            await self._send_pending(fut)

    async def _send_pending(self, fut: FutureMessage) -> None:
        sent: Any = await fut.message.channel.publish_message(fut, wait=False)
        sent.add_done_callback(self._on_sent)

    def _on_sent(self, sent: asyncio.Future[Any]) -> None:
        if sent.cancelled() or (error := sent.exception()):
            cause = "cancelled" if sent.cancelled() else repr(error)
            self._failure = SendError(f"Kafka did not take a record: {cause}")
            self.add_future(self.crash(self._failure))
        else:
            self._unacknowledged -= 1
        self._progress.set()


class Producer(driver.Producer):
    """The aiokafka producer with the strict buffer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.buffer = StrictBuffer(loop=self.loop, beacon=self.beacon)
        self.buffer.app = self.app
