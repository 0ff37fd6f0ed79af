"""Hands what the feeds bring to all clients that want it, many messages at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from cryptoviz.feeds.cursor import cursor_text
from cryptoviz.feeds.log import FeedLog
from cryptoviz.feeds.message import Message
from cryptoviz.feeds.outbox import Outbox
from cryptoviz.feeds.pieces import deliveries
from cryptoviz.feeds.subscription import NONE, Subscription

log = logging.getLogger(__name__)

# After this an update that a history answer has shown already cannot be on its way any more.
FLOORS_LIVE_S = 120.0


class Member:
    """A client, or a part of one: what it wants and where to put it."""

    def __init__(self, subscription: Subscription, outbox: Outbox) -> None:
        self.subscription, self.outbox = subscription, outbox
        self.joined_s = 0.0


class Hub:
    """The feeds that are being read, and the members that wait for their messages.

    Members that want the same are served together: their messages are chosen and encoded once
    per flush. *flush* is called by a timer every 20 to 50 ms; nothing here ever waits. *hidden*
    returns the cryptos that nobody is told of now; what is passed over is not told later.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        hidden: Callable[[], frozenset[str]] = lambda: NONE,
    ) -> None:
        self.hidden = hidden
        self.logs: dict[str, FeedLog] = {}
        self.delivered = 0
        self._clock = clock
        self._pending: list[Message] = []
        self._groups: dict[frozenset[str], dict[Member, None]] = {}
        # Members that are set apart, by floors or by where they begin, until that is over.
        self._single: dict[Member, None] = {}

    @property
    def members(self) -> list[Member]:
        """All members."""
        return [*self._single, *(member for group in self._groups.values() for member in group)]

    def publish(self, feed: str, messages: Sequence[Message], positions: Sequence[int]) -> None:
        """Take what was read of *feed*, whose log is open, up to *positions*."""
        self._pending += self.logs[feed].append(messages, positions)

    def attach(self, member: Member, positions: Mapping[str, Sequence[int]]) -> None:
        """Let *member* have everything at or behind *positions*, now and from now on.

        The logs must hold what is behind *positions*.
        """
        # What waits for the flush is in the logs too, and would be delivered twice.
        self.flush()
        subscription, hidden = member.subscription, self.hidden()
        shown = dict(subscription.floors)
        missed = [
            message
            for feed in subscription.feeds
            for message in self.logs[feed].since(positions[feed])
            if subscription.wants(message, hidden)
        ]
        member.joined_s = self._clock()
        subscription.begin = {
            feed: list(positions[feed])
            for feed in subscription.feeds
            if self._is_ahead(feed, positions[feed])
        }
        if missed:
            parts = deliveries(missed, self._behind(subscription), shown, subscription.floors)
            member.outbox.offer(parts, member.joined_s)
        self._place(member)

    def detach(self, member: Member) -> None:
        """Forget *member*."""
        self._single.pop(member, None)
        channels = member.subscription.channels
        group = self._groups.get(channels, {})
        group.pop(member, None)
        if not group:
            self._groups.pop(channels, None)

    def cursor(self, subscription: Subscription) -> str:
        """Return the cursor behind what has been published so far."""
        return cursor_text(self._behind(subscription), subscription.floors)

    def flush(self) -> None:
        """Send what was published since the last flush."""
        now_s = self._clock()
        hidden = self.hidden() if self._pending else NONE
        pending, self._pending = self._pending, []
        for group in list(self._groups.values()):
            self._serve(list(group), pending, hidden, now_s)
        for member in list(self._single):
            self._serve([member], pending, hidden, now_s)
            self._settle(member, now_s)

    def _settle(self, member: Member, now_s: float) -> None:
        """Serve *member* with the others of its channels as soon as nothing sets it apart."""
        subscription = member.subscription
        if now_s - member.joined_s > FLOORS_LIVE_S:
            subscription.floors.clear()
        for feed, begin in list(subscription.begin.items()):
            if not self._is_ahead(feed, begin):
                del subscription.begin[feed]
        if subscription.is_shared and member in self._single:
            del self._single[member]
            self._place(member)

    def _behind(self, subscription: Subscription) -> dict[str, list[int]]:
        """Return the positions behind what has been published so far."""
        behind = {}
        for feed in subscription.feeds:
            positions = self.logs[feed].positions
            if (begin := subscription.begin.get(feed)) is not None:
                positions = [max(pair) for pair in zip(positions, begin, strict=True)]
            behind[feed] = positions
        return behind

    def _is_ahead(self, feed: str, positions: Sequence[int]) -> bool:
        read = self.logs[feed].positions
        return any(at > known for at, known in zip(positions, read, strict=True))

    def _serve(
        self,
        members: list[Member],
        pending: list[Message],
        hidden: frozenset[str],
        now_s: float,
    ) -> None:
        # Members of a group want the same, so the first one speaks for all.
        subscription = members[0].subscription
        shown = dict(subscription.floors)
        wanted = [message for message in pending if subscription.wants(message, hidden)]
        parts = (
            deliveries(wanted, self._behind(subscription), shown, subscription.floors)
            if wanted
            else None
        )
        for member in members:
            outbox = member.outbox
            if parts is not None:
                outbox.offer(parts, now_s)
                self.delivered += len(wanted)
            else:
                outbox.tick(now_s)
            if outbox.closed:
                self.detach(member)

    def _place(self, member: Member) -> None:
        if member.outbox.closed:
            return
        if not member.subscription.is_shared:
            self._single[member] = None
        else:
            self._groups.setdefault(member.subscription.channels, {})[member] = None
