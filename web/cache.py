"""Answers kept as bytes for at most a second, each made once however many ask at a time.

Most pages of history are asked for once. Keeping them all would take memory, and the processor's
caches, from those that are asked for again, so only an answer to a repeated question is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable

from web.answers import Answer

MOST_BYTES = 32 * 1024**2
# A question is remembered until the end of the turn after the one in which it was asked.
TURN_S = 1.0


class AnswerCache:
    """Answers by what was asked; the oldest go first when they hold too many bytes."""

    def __init__(
        self,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_bytes, self._clock = most_bytes, clock
        # Until when each is kept.
        self._kept: dict[Hashable, tuple[float, Answer]] = {}
        self._bytes = 0
        self._under_way: dict[Hashable, asyncio.Future[Answer]] = {}
        # Those under way that more than one asked for, or that were asked for lately.
        self._repeated: set[Hashable] = set()
        # What was asked for since the turn began, and in the turn before.
        self._asked: set[Hashable] = set()
        self._asked_before: set[Hashable] = set()
        self._turn_ends_s = clock() + TURN_S

    def get(self, key: Hashable) -> Answer | None:
        """Return the answer to *key* if it is young enough."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > self._clock() else None

    def clear(self) -> None:
        """Forget all answers."""
        self._kept.clear()
        self._bytes = 0

    async def once(
        self, key: Hashable, make: Callable[[], Awaitable[Answer]], age_s: float
    ) -> Answer:
        """Return the answer to *key*: a kept one, else the one under way, else a new one.

        A new one is kept for *age_s* seconds if others asked for it meanwhile, or in the second
        before. aiohttp lets handlers of clients that go away run on, so others who wait for the
        answer get it.
        """
        if (kept := self.get(key)) is not None:
            return kept
        if (under_way := self._under_way.get(key)) is not None:
            self._repeated.add(key)
            return await asyncio.shield(under_way)
        if self._was_asked(key):
            self._repeated.add(key)
        future = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await make()
            if key in self._repeated:
                self._keep(key, answer, age_s)
            future.set_result(answer)
        except BaseException as error:
            # Also when this client goes away; who waits for it then asks again.
            future.set_exception(error if isinstance(error, Exception) else TimeoutError())
            # Nobody else may be there to hear of it.
            future.exception()
            raise
        finally:
            del self._under_way[key]
            self._repeated.discard(key)
        return answer

    def _was_asked(self, key: Hashable) -> bool:
        """Note that *key* is asked for; return whether it was so lately."""
        # Its answer was kept, and is too old by now.
        was_kept = key in self._kept
        if (now_s := self._clock()) >= self._turn_ends_s:
            is_next = now_s < self._turn_ends_s + TURN_S
            self._asked_before, self._asked = self._asked if is_next else set(), set()
            self._turn_ends_s = now_s + TURN_S
            self._forget(now_s)
        was_asked = was_kept or key in self._asked or key in self._asked_before
        self._asked.add(key)
        return was_asked

    def _keep(self, key: Hashable, answer: Answer, age_s: float) -> None:
        now_s = self._clock()
        if (old := self._kept.pop(key, None)) is not None:
            self._bytes -= len(old[1].body)
        self._kept[key] = (now_s + age_s, answer)
        self._bytes += len(answer.body)
        self._forget(now_s)

    def _forget(self, now_s: float) -> None:
        """Forget answers that are too old, and the oldest of too many."""
        # In the order of insertion; what lives shorter may stay a little behind what lives longer.
        while self._kept:
            key, (until_s, answer) = next(iter(self._kept.items()))
            if until_s > now_s and self._bytes <= self._most_bytes:
                break
            del self._kept[key]
            self._bytes -= len(answer.body)
