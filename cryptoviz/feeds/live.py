"""Keeps the feeds that somebody wants being read, and brings clients up to date from a cursor."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from cryptoviz.feeds.catch_up import CatchUp, Gap
from cryptoviz.feeds.cursor import Cursor
from cryptoviz.feeds.feed import Feed
from cryptoviz.feeds.hub import Hub, Member
from cryptoviz.feeds.log import FeedLog
from cryptoviz.feeds.source import Source
from cryptoviz.feeds.subscription import NONE

log = logging.getLogger(__name__)

FLUSH_S = 0.04
# A feed that nobody has wanted for so long is not read any more.
IDLE_S = 120.0
RETRY_S = 1.0
OPEN_TIMEOUT_S = 15.0
# Readers of the past at one time; each decodes all that it reads.
MOST_CATCHING_UP = 4


@dataclass
class _Tail:
    task: asyncio.Task[None]
    opened: asyncio.Event
    wanted_s: float


class Live:
    """All feeds of a worker, each read while it is wanted; nobody is told of *hidden* cryptos."""

    def __init__(
        self,
        feeds: Mapping[str, Feed],
        source: Source,
        hidden: Callable[[], frozenset[str]] = lambda: NONE,
    ) -> None:
        self.feeds, self.hub = dict(feeds), Hub(hidden=hidden)
        self._source = source
        self._tails: dict[str, _Tail] = {}
        self._flusher: asyncio.Task[None] | None = None
        self._catching_up = asyncio.Semaphore(MOST_CATCHING_UP)
        self._joining: set[Member] = set()

    async def open(self, *names: str) -> None:
        """Return when the feeds are being read; raises `TimeoutError` if Kafka does not answer."""
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush(), name="feeds flush")
        for name in names:
            tail = self._tails.get(name)
            if tail is None:
                opened = asyncio.Event()
                task = asyncio.create_task(self._tail(self.feeds[name], opened), name=name)
                tail = self._tails[name] = _Tail(task, opened, time.monotonic())
            tail.wanted_s = time.monotonic()
            await asyncio.wait_for(tail.opened.wait(), OPEN_TIMEOUT_S)

    async def now(self, *names: str) -> Cursor:
        """Return the cursor of what has been read of the feeds so far."""
        await self.open(*names)
        return Cursor({name: [*self.hub.logs[name].positions] for name in names})

    async def join(
        self, member: Member, cursor: Cursor | None, on_gap: Callable[[Gap], None]
    ) -> None:
        """Let *member* have everything behind *cursor*, or from now on; *on_gap* says what not."""
        self._joining.add(member)
        try:
            await self.open(*member.subscription.feeds)
            await self._bring(member, cursor, CatchUp(self._source, self.hub, member, on_gap))
        finally:
            self._joining.discard(member)

    async def _bring(self, member: Member, cursor: Cursor | None, catch_up: CatchUp) -> None:
        feeds, logs = member.subscription.feeds, self.hub.logs
        positions = {
            name: self._positions(name, None if cursor is None else cursor.positions.get(name))
            for name in feeds
        }
        for name in feeds:
            if _is_before(logs[name].positions, positions[name]):
                # The database or another worker is ahead of this one, or the topic is a new one.
                await catch_up.within(self.feeds[name], positions[name])
        while not member.outbox.closed:
            if gone := [name for name in feeds if not logs[name].holds(positions[name])]:
                async with self._catching_up:
                    await catch_up.run(self.feeds[gone[0]], positions)
            elif held := [n for n in feeds if _is_before(positions[n], logs[n].positions)]:
                await catch_up.from_memory(self.feeds[held[0]], positions)
            else:
                # Nothing awaits between the last look at the logs and this.
                self.hub.attach(member, positions)
                return

    async def close(self) -> None:
        """Stop reading."""
        tasks = [tail.task for tail in self._tails.values()]
        if self._flusher is not None:
            tasks.append(self._flusher)
        self._tails.clear()
        self._flusher = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _positions(self, name: str, known: list[int | None] | None) -> list[int]:
        now = self.hub.logs[name].positions
        given = known if known is not None and len(known) == len(now) else [None] * len(now)
        return [at if wanted is None else wanted for wanted, at in zip(given, now, strict=True)]

    async def _tail(self, feed: Feed, opened: asyncio.Event) -> None:
        while True:
            try:
                await self._read(feed, opened)
                return
            except Exception:
                log.exception("Feed %s could not be read; trying again.", feed.name)
                await asyncio.sleep(RETRY_S)

    async def _read(self, feed: Feed, opened: asyncio.Event) -> None:
        first, following = await self._source.bounds(feed)
        if feed.name not in self.hub.logs:
            begin = [
                max(lowest, at - feed.warm_up) for lowest, at in zip(first, following, strict=True)
            ]
            self.hub.logs[feed.name] = FeedLog(begin)
        reading = self._source.read(feed, self.hub.logs[feed.name].positions)
        try:
            async for messages, positions in reading:
                self.hub.publish(feed.name, messages, positions)
                if not opened.is_set():
                    # The warm-up is what was before; nobody waits for it.
                    if any(at < end for at, end in zip(positions, following, strict=True)):
                        continue
                    opened.set()
                if self._is_idle(feed.name):
                    del self._tails[feed.name], self.hub.logs[feed.name]
                    return
        finally:
            await _aclose(reading)

    def _is_idle(self, name: str) -> bool:
        tail = self._tails[name]
        members = [*self._joining, *self.hub.members]
        if any(name in member.subscription.feeds for member in members):
            tail.wanted_s = time.monotonic()
        return time.monotonic() - tail.wanted_s > IDLE_S

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            try:
                self.hub.flush()
            except Exception:
                log.exception("A flush of the feeds failed.")


def _is_before(positions: Sequence[int], others: Sequence[int]) -> bool:
    """Return whether *positions* are before *others* in any partition."""
    return any(at < other for at, other in zip(positions, others, strict=True))


async def _aclose(reading: AsyncIterator[object]) -> None:
    if (close := getattr(reading, "aclose", None)) is not None:
        with suppress(Exception):
            await close()
