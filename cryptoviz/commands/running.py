"""Running a command's coroutine: its event loop, its signals, and waiting between messages."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import click
import uvloop

from cryptoviz import settings
from cryptoviz.settings import Settings

# Waking up for every message costs more than sending it; people do not see 10 ms.
LEAST_WAIT_S = 0.01

# Whoever sends a signal waits so long at most for Kafka to take what was begun.
GRACE_S = 10.0

# So many messages are put between two looks at the clock and the signals.
CHUNK = 2_000

Body = Callable[[Settings, asyncio.Event], Coroutine[None, None, None]]


def run(body: Body) -> None:
    """Run *body* with the settings and an event that Ctrl-C or SIGTERM sets.

    Raises `click.ClickException` when *body* goes on for longer than `GRACE_S` after the event
    was set. Wrong settings end the process with a sentence for each.
    """
    current = settings.current()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_signalled(body, current))


async def _until_signalled(body: Body, current: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    work = asyncio.ensure_future(body(current, stop))
    stopping = asyncio.ensure_future(stop.wait())
    either: list[asyncio.Future[Any]] = [work, stopping]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    await asyncio.wait([work], timeout=GRACE_S)
    if not work.done():
        work.cancel()
        await asyncio.wait([work])
        raise click.ClickException(
            f"Kafka did not take the last messages within {GRACE_S:g} s of the signal"
        )
    work.result()


async def wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait for *seconds*, at least `LEAST_WAIT_S`, or until *stop* is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, LEAST_WAIT_S)):
            await stop.wait()


@dataclass(frozen=True)
class Pace:
    """When to send what was first sent at another time: *speed* times as fast as then.

    *then_s* was the time of the first message, *now_s* is when it is sent again; both are Unix
    seconds. At a speed of infinity everything is due at once.
    """

    speed: float
    then_s: float
    now_s: float

    def due_s(self, time_s: float) -> float:
        """Return when (Unix seconds) the message of *time_s* is due."""
        return self.now_s + (time_s - self.then_s) / self.speed
