"""Ends the process when its services have, and when stopping them in order takes too long.

Faust waits for much on its way out: for a group that is being joined, for a broker that does not
answer, for open connections. A worker may be killed at any moment without losing anything, so it
need not wait for longer than people do.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable

from faust import worker

log = logging.getLogger(__name__)

STOP_LIMIT_S = 7.0
LAST_TURNS_S = 0.05


class Worker(worker.Worker):
    """A worker that gives the event loop a few last turns where Faust waits for a second."""

    async def _sentinel_task(self) -> None:
        await asyncio.sleep(LAST_TURNS_S)


def limit(status: Callable[[], int], limit_s: float = STOP_LIMIT_S) -> threading.Timer:
    """End the process with *status* unless it has ended by itself within *limit_s* seconds."""
    timer = threading.Timer(limit_s, _end, [status, limit_s])
    timer.daemon = True
    timer.start()
    return timer


def _end(status: Callable[[], int], limit_s: float) -> None:
    log.warning(
        "Not stopped after %g s, so the process ends now. "
        "Nothing is lost: what is not committed will be read again.",
        limit_s,
    )
    logging.shutdown()
    # Not sys.exit: this is another thread, and the event loop may wait for ever.
    os._exit(status())
