"""Which messages a client wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cryptoviz.feeds.cursor import Rank, WindowKey
from cryptoviz.feeds.message import Message

ALL = "*"


class Subscription:
    """The channels of a client: a feed alone for all of it, `feed:subject` for a part.

    *floors* are states of windows that the client has been shown by a history answer.
    """

    def __init__(
        self, channels: Iterable[str], floors: Mapping[WindowKey, Rank] | None = None
    ) -> None:
        self.channels = frozenset(channels)
        self.floors = dict(floors or {})
        self._subjects: dict[str, set[str]] = {}
        for channel in self.channels:
            feed, _, subject = channel.partition(":")
            self._subjects.setdefault(feed, set()).add(subject or ALL)

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds of the channels, sorted."""
        return tuple(sorted(self._subjects))

    def wants(self, message: Message) -> bool:
        """Return whether the client is to get *message*."""
        subjects = self._subjects.get(message.feed)
        if subjects is None:
            return False
        if ALL not in subjects and not any(subject in subjects for subject in message.subjects):
            return False
        return not self.floors or self._is_above_floor(message)

    def _is_above_floor(self, message: Message) -> bool:
        floor = None if message.window is None else self.floors.get(message.window)
        if floor is None or message.rank is None:
            return True
        if message.rank <= floor:
            return False
        # States only rise, so the floor has done its work.
        del self.floors[message.window]  # type: ignore[arg-type]
        return True
