"""Running a coroutine at once, as far as it comes without waiting."""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator
from typing import Any


def begin(coro: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any] | None:
    """Run *coro* until it waits; return what is left of it to await, None when it is done.

    A task costs several turns of the event loop, also for a coroutine that never waits. Python
    3.12 has eager tasks for that. *coro* must not ask for its task before it waits.
    """
    try:
        waited_for = coro.send(None)
    except StopIteration:
        return None
    return _awaiting(coro, waited_for)


async def _awaiting(coro: Coroutine[Any, Any, Any], waited_for: Any) -> None:
    await _going_on(coro, waited_for)


@types.coroutine
def _going_on(coro: Coroutine[Any, Any, Any], waited_for: Any) -> Generator[Any, Any, None]:
    try:
        while True:
            try:
                sent = yield waited_for
            except BaseException as error:
                waited_for = coro.throw(error)
            else:
                waited_for = coro.send(sent)
    except StopIteration:
        return
