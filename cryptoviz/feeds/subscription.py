"""Which messages a client wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cryptoviz.feeds.cursor import Rank, WindowKey
from cryptoviz.feeds.message import Message

ALL = "*"
NONE: frozenset[str] = frozenset()


def crypto_of(subject: str) -> str:
    """Return the crypto that *subject* is about: BTC of `BTC`, `BTC/USD` and `BTC/USD:5m`."""
    return subject.partition("/")[0]


class Subscription:
    """The channels of a client: a feed alone for all of it, `feed:subject` for a part.

    *floors* are states of windows that the client has been shown by a history answer. *begin*
    are offsets by feed and partition before which it has had everything, though this worker has
    not read so far: the database or another worker may be ahead.
    """

    def __init__(
        self, channels: Iterable[str], floors: Mapping[WindowKey, Rank] | None = None
    ) -> None:
        self.channels = frozenset(channels)
        self.floors = dict(floors or {})
        self.begin: dict[str, list[int]] = {}
        self._subjects: dict[str, set[str]] = {}
        for channel in self.channels:
            feed, _, subject = channel.partition(":")
            self._subjects.setdefault(feed, set()).add(subject or ALL)

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds of the channels, sorted."""
        return tuple(sorted(self._subjects))

    @property
    def is_shared(self) -> bool:
        """Whether all clients of these channels are served alike."""
        return not self.floors and not self.begin

    def wants(self, message: Message, hidden: frozenset[str] = NONE) -> bool:
        """Return whether the client is to get *message*; of *hidden* cryptos nobody gets any.

        What is about others too, as an article may be, is only hidden under the hidden names.
        """
        subjects = self._subjects.get(message.feed)
        if subjects is None:
            return False
        named: Iterable[str] = message.subjects
        if hidden:
            named = [subject for subject in named if crypto_of(subject) not in hidden]
            if message.subjects and not named:
                return False
        if ALL not in subjects and not any(subject in subjects for subject in named):
            return False
        if self.begin and not self._is_behind_begin(message):
            return False
        return not self.floors or self._is_above_floor(message)

    def _is_behind_begin(self, message: Message) -> bool:
        begin = self.begin.get(message.feed)
        return begin is None or message.offset >= begin[message.partition]

    def _is_above_floor(self, message: Message) -> bool:
        floor = None if message.window is None else self.floors.get(message.window)
        if floor is None or message.rank is None:
            return True
        if message.rank <= floor:
            return False
        # States only rise, so the floor has done its work.
        del self.floors[message.window]  # type: ignore[arg-type]
        return True
