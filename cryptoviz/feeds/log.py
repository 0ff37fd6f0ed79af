"""The newest messages of one feed in memory, as far as its topic has been read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from cryptoviz.feeds.cursor import Rank, WindowKey
from cryptoviz.feeds.message import Message

MOST_MESSAGES = 20_000
MOST_BYTES = 16 * 1024**2
MOST_RANKS = 100_000


class Freshness:
    """Tells new states of windows from those that were told before.

    After a crash a worker sends some states again. A state is news only if it outranks every
    earlier one of its window, which is a property of the topic: each reader judges alike.
    """

    def __init__(self) -> None:
        self._ranks: dict[WindowKey, Rank] = {}

    def is_news(self, message: Message) -> bool:
        """Return whether *message* is new, and remember it."""
        if message.window is None or message.rank is None:
            return True
        known = self._ranks.pop(message.window, None)
        # Put back at the end, so that the windows that change longest ago are forgotten first.
        self._ranks[message.window] = message.rank if known is None else max(known, message.rank)
        if len(self._ranks) > MOST_RANKS:
            del self._ranks[next(iter(self._ranks))]
        return known is None or message.rank > known

    def rank(self, window: WindowKey) -> Rank | None:
        """Return the highest rank of *window* that was told, None if none is remembered."""
        return self._ranks.get(window)


class FeedLog:
    """A bounded tail of a topic. *first* and *positions* are offsets by partition.

    All news in [first, position) is in memory, in the order in which it was read.
    """

    def __init__(
        self,
        positions: Sequence[int],
        most_messages: int = MOST_MESSAGES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.positions = list(positions)
        self.first = list(positions)
        self.freshness = Freshness()
        self.latest: dict[str, Message] = {}
        self._messages: deque[Message] = deque()
        self._bytes, self._most_messages, self._most_bytes = 0, most_messages, most_bytes

    def append(self, messages: Iterable[Message], positions: Sequence[int]) -> list[Message]:
        """Take what was read up to *positions*; return what of it is news."""
        news = [message for message in messages if self.freshness.is_news(message)]
        for message in news:
            self._messages.append(message)
            self._bytes += len(message.raw)
            for subject in message.subjects:
                self.latest[subject] = message
        self.positions = list(positions)
        while len(self._messages) > self._most_messages or self._bytes > self._most_bytes:
            oldest = self._messages.popleft()
            self._bytes -= len(oldest.raw)
            self.first[oldest.partition] = oldest.offset + 1
        return news

    def holds(self, positions: Sequence[int]) -> bool:
        """Return whether everything at or behind *positions* is in memory."""
        return all(first <= position for first, position in zip(self.first, positions, strict=True))

    def after(self, positions: Sequence[int], most_bytes: int) -> tuple[list[Message], list[int]]:
        """Return about *most_bytes* of what is at or behind *positions*, and where that ends."""
        found: list[Message] = []
        at, size = list(positions), 0
        for message in self.since(positions):
            if size >= most_bytes:
                return found, at
            found.append(message)
            size += len(message.raw)
            at[message.partition] = message.offset + 1
        return found, [max(pair) for pair in zip(positions, self.positions, strict=True)]

    def since(self, positions: Sequence[int]) -> Iterator[Message]:
        """Yield the messages at or behind *positions*."""
        for message in self._messages:
            if message.offset >= positions[message.partition]:
                yield message
