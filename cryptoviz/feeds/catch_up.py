"""Brings a client what it has missed, as quickly as it takes it: from Kafka, then from memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cryptoviz.feeds.feed import Feed
from cryptoviz.feeds.hub import Hub, Member
from cryptoviz.feeds.log import Freshness
from cryptoviz.feeds.message import Message
from cryptoviz.feeds.outbox import Outbox
from cryptoviz.feeds.pieces import deliveries
from cryptoviz.feeds.source import Source

DRAIN_POLL_S = 0.02
# Of memory, taken at one time: what is taken stays in memory until the client has it.
MOST_BYTES = 1024**2


class Gap(NamedTuple):
    """Offsets [first, next) of a partition that a client missed for good.

    *next* is None if the topic was made anew, so that nobody knows how much there was.
    """

    feed: str
    partition: int
    first: int
    next: int | None


class CatchUp:
    """Brings one member's positions to where the hub's feeds are."""

    def __init__(
        self, source: Source, hub: Hub, member: Member, on_gap: Callable[[Gap], None]
    ) -> None:
        self._source, self._hub, self._member, self._on_gap = source, hub, member, on_gap

    async def run(self, feed: Feed, positions: dict[str, list[int]]) -> None:
        """Deliver what *feed* has behind *positions* and move them until memory holds the rest."""
        first = await self.within(feed, positions[feed.name])
        begin = [
            max(lowest, at - feed.warm_up)
            for lowest, at in zip(first, positions[feed.name], strict=True)
        ]
        freshness = Freshness()
        if self._hub.logs[feed.name].holds(positions[feed.name]):
            return
        reading = self._source.read(feed, begin)
        try:
            async for messages, read in reading:
                fresh = [message for message in messages if freshness.is_news(message)]
                await self._tell(feed, fresh, read, positions)
                if self._member.outbox.closed:
                    return
                if self._hub.logs[feed.name].holds(positions[feed.name]):
                    return
        finally:
            await reading.aclose()  # type: ignore[attr-defined]

    async def from_memory(self, feed: Feed, positions: dict[str, list[int]]) -> None:
        """Deliver some of what memory holds behind *positions*, and move them behind it."""
        found, read = self._hub.logs[feed.name].after(positions[feed.name], MOST_BYTES)
        await self._tell(feed, found, read, positions)

    def _is_wanted(self, message: Message, positions: list[int], hidden: frozenset[str]) -> bool:
        behind = message.offset >= positions[message.partition]
        return behind and self._member.subscription.wants(message, hidden)

    async def within(self, feed: Feed, positions: list[int]) -> list[int]:
        """Move *positions* to what the topic still holds; return its first offsets."""
        first, following = await self._source.bounds(feed)
        for number, at in enumerate(positions):
            if at < first[number]:
                self._on_gap(Gap(feed.name, number, at, first[number]))
                positions[number] = first[number]
            elif at > following[number]:
                self._on_gap(Gap(feed.name, number, at, None))
                positions[number] = first[number]
        return first

    async def _tell(
        self,
        feed: Feed,
        messages: Sequence[Message],
        read: Sequence[int],
        positions: dict[str, list[int]],
    ) -> None:
        """Deliver *messages*, up to *read*, a piece at a time, so that the client is not behind."""
        at, hidden, outbox = positions[feed.name], self._hub.hidden(), self._member.outbox
        floors = self._member.subscription.floors
        shown = dict(floors)
        news = [message for message in messages if self._is_wanted(message, at, hidden)]
        positions[feed.name] = [max(pair) for pair in zip(at, read, strict=True)]
        for piece in deliveries(news, positions, shown, floors):
            outbox.offer([piece], time.monotonic())
            await taken(outbox)
            if outbox.closed:
                return


async def taken(outbox: Outbox) -> None:
    """Return when the client of *outbox* has taken enough to get more, or is gone."""
    while outbox.is_blocked and not outbox.closed:
        await asyncio.sleep(DRAIN_POLL_S)
        outbox.tick(time.monotonic())
