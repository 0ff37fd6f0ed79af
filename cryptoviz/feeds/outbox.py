"""What waits for one client: nothing while it reads, a bounded and conflated rest while not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from cryptoviz.feeds.message import Delivery, Message, frame_head

# Bytes that may wait in the connection's own buffer before messages are held back here.
MOST_BUFFERED_BYTES = 256 * 1024
MOST_WAITING_MESSAGES = 5_000
LONGEST_BLOCK_S = 5.0
# Who takes as much in this time is slow, but reads: a large frame on a slow link needs longer.
LEAST_TAKEN_BYTES = 64 * 1024
# WebSocket codes from 4000 on are an application's own.
TOO_SLOW = 4008


class Connection(Protocol):
    """One client's connection, as the outbox sees it."""

    def write(self, data: bytes) -> None:
        """Hand bytes over to be sent; never waits."""

    def waiting_bytes(self) -> int:
        """Return how many bytes the client has not taken yet."""

    def is_gone(self) -> bool:
        """Return whether the client has left."""

    def close(self, code: int, reason: str) -> None:
        """End the connection, saying why; never waits."""


class _Waiting(NamedTuple):
    """A message, and the cursor of the delivery that it came in."""

    message: Message
    cursor: str


class Outbox:
    """Writes deliveries to a connection as long as its client reads them.

    While it does not, messages wait here. Of a forming window only the newest state does; all
    else waits in order, also what is said. Who does not catch up within a bound of messages or
    time is closed.
    """

    def __init__(self, connection: Connection, render: Callable[[Delivery, int], bytes]) -> None:
        self.closed = False
        self.seq = 0
        self._connection, self._render = connection, render
        self._waiting: dict[object, _Waiting | bytes] = {}
        self._blocked_since_s: float | None = None
        self._unread_bytes = 0

    @property
    def is_blocked(self) -> bool:
        """Whether the client has more unread bytes than it may have."""
        return self._connection.waiting_bytes() > MOST_BUFFERED_BYTES

    def offer(self, deliveries: Sequence[Delivery], now_s: float) -> None:
        """Send *deliveries*, or let them wait their turn."""
        if self.closed or self._is_gone():
            return
        if not self._waiting and not self.is_blocked:
            self._blocked_since_s = None
            for delivery in deliveries:
                self._write(delivery)
            return
        for delivery in deliveries:
            for message in delivery.messages:
                self._wait(message, delivery.cursor)
        self.tick(now_s)

    def say(self, data: bytes, now_s: float) -> None:
        """Send ready-made bytes, such as an answer, behind all that waits."""
        if self.closed or self._is_gone():
            return
        if not self._waiting and not self.is_blocked:
            self._blocked_since_s = None
            self._connection.write(data)
        else:
            self._waiting[object()] = data
            self.tick(now_s)

    def tick(self, now_s: float) -> None:
        """Send what waits if the client reads again; close it if it was blocked too long."""
        if self.closed or self._is_gone():
            return
        if not self.is_blocked:
            self._blocked_since_s = None
            self._drain()
            return
        # While the client is blocked nothing is written, so this only falls.
        unread = self._connection.waiting_bytes()
        if self._blocked_since_s is None or unread <= self._unread_bytes - LEAST_TAKEN_BYTES:
            self._blocked_since_s, self._unread_bytes = now_s, unread
        blocked_s = now_s - self._blocked_since_s
        if blocked_s > LONGEST_BLOCK_S:
            self.close(TOO_SLOW, f"You read nothing for {blocked_s:.0f} s.")
        elif len(self._waiting) > MOST_WAITING_MESSAGES:
            self.close(TOO_SLOW, f"You read too slowly: {len(self._waiting)} messages waited.")

    def send(self, data: bytes) -> None:
        """Send ready-made bytes that can be missed, such as a heartbeat, unless others wait."""
        if not self._is_gone() and not self._waiting and not self.is_blocked:
            self._connection.write(data)

    def close(self, code: int, reason: str) -> None:
        """End the connection."""
        if not self.closed:
            self.closed = True
            self._waiting.clear()
            self._connection.close(code, reason)

    def _is_gone(self) -> bool:
        self.closed = self.closed or self._connection.is_gone()
        return self.closed

    def _drain(self) -> None:
        """Write what waits, a delivery at a time, as long as the client takes it."""
        while self._waiting and not self.is_blocked:
            key, first = next(iter(self._waiting.items()))
            if isinstance(first, bytes):
                del self._waiting[key]
                self._connection.write(first)
            else:
                self._write(self._take(first.cursor))

    def _take(self, cursor: str) -> Delivery:
        """Take out what is left of the delivery that waits first, and has *cursor*.

        A state that a newer one has replaced is not in it. The newer one came in a later delivery,
        so the cursor is true all the same.
        """
        messages, keys = [], []
        for key, waiting in self._waiting.items():
            if isinstance(waiting, bytes) or waiting.cursor != cursor:
                break
            messages.append(waiting.message)
            keys.append(key)
        for key in keys:
            del self._waiting[key]
        return Delivery(messages, cursor)

    def _wait(self, message: Message, cursor: str) -> None:
        key: object = message.window if message.is_forming else (message.feed, id(message))
        # A newer state goes to the end: its window's order against others does not matter.
        self._waiting.pop(key, None)
        if message.window is not None and not message.is_forming:
            self._waiting.pop(message.window, None)
        self._waiting[key] = _Waiting(message, cursor)

    def _write(self, delivery: Delivery) -> None:
        self.seq += 1
        self._connection.write(self._render(delivery, self.seq))


def as_json(delivery: Delivery, seq: int) -> bytes:
    """Render a frame of `/ws/`."""
    head = b'{"type":"updates","seq":%d,' % seq
    tail = delivery.tail
    return frame_head(len(head) + len(tail)) + head + tail


def as_events(delivery: Delivery, seq: int) -> bytes:
    """Render a server-sent event."""
    return delivery.event


def as_raw(delivery: Delivery, seq: int) -> bytes:
    """Render one frame a message, as its producer wrote it."""
    return delivery.raw_frames


def as_bodies(delivery: Delivery, seq: int) -> bytes:
    """Render one frame a message."""
    return delivery.body_frames
