"""Reads from Kafka what a client has missed and memory no longer holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from cryptoviz.feeds.cursor import Cursor
from cryptoviz.feeds.feed import Feed
from cryptoviz.feeds.hub import Hub, Member
from cryptoviz.feeds.log import Freshness
from cryptoviz.feeds.message import Delivery, Message
from cryptoviz.feeds.source import Source

DRAIN_POLL_S = 0.02


class Gap(NamedTuple):
    """Offsets [first, next) of a partition that a client missed for good.

    *next* is None if the topic was made anew, so that nobody knows how much there was.
    """

    feed: str
    partition: int
    first: int
    next: int | None


class CatchUp:
    """Brings one member's positions to where the hub's memory begins."""

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
                at, hidden = positions[feed.name], self._hub.hidden()
                fresh = [message for message in messages if freshness.is_news(message)]
                news = [message for message in fresh if self._is_wanted(message, at, hidden)]
                positions[feed.name] = [max(pair) for pair in zip(at, read, strict=True)]
                await self._deliver(news, positions)
                if self._member.outbox.closed:
                    return
                if self._hub.logs[feed.name].holds(positions[feed.name]):
                    return
        finally:
            await reading.aclose()  # type: ignore[attr-defined]

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

    async def _deliver(self, news: list[Message], positions: dict[str, list[int]]) -> None:
        outbox = self._member.outbox
        if news:
            at: dict[str, list[int | None]] = {name: [*known] for name, known in positions.items()}
            cursor = str(Cursor(at, self._member.subscription.floors))
            outbox.offer(Delivery(news, cursor), time.monotonic())
        while outbox.is_blocked and not outbox.closed:
            await asyncio.sleep(DRAIN_POLL_S)
            outbox.tick(time.monotonic())
