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


class AnswerCache:
    """Answers by what was asked; the oldest go first when they hold too many bytes."""

    def __init__(
        self,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_bytes, self._clock = most_bytes, clock
        # Until when each is kept; None for an answer that was asked for once.
        self._kept: dict[Hashable, tuple[float, Answer | None]] = {}
        self._bytes = 0
        self._under_way: dict[Hashable, asyncio.Future[Answer]] = {}

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

        A new one is kept for *age_s* seconds if another asked for it meanwhile, or in as long
        before. aiohttp lets handlers of clients that go away run on, so others who wait for the
        answer get it.
        """
        if (kept := self.get(key)) is not None:
            return kept
        if (under_way := self._under_way.get(key)) is not None:
            self._kept.setdefault(key, (self._clock() + age_s, None))
            return await asyncio.shield(under_way)
        future = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            answer = await make()
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
        return answer

    def _keep(self, key: Hashable, answer: Answer, age_s: float) -> None:
        now = self._clock()
        if self._drop(key):
            self._kept[key] = (now + age_s, answer)
            self._bytes += len(answer.body)
        else:
            self._kept[key] = (now + age_s, None)
        # In the order of insertion; what lives shorter may stay a little behind what lives longer.
        while self._kept:
            old, (until, _) = next(iter(self._kept.items()))
            if until > now and self._bytes <= self._most_bytes:
                break
            self._drop(old)

    def _drop(self, key: Hashable) -> bool:
        """Forget *key*; return whether it was known."""
        dropped = self._kept.pop(key, None)
        if dropped is not None and dropped[1] is not None:
            self._bytes -= len(dropped[1].body)
        return dropped is not None
