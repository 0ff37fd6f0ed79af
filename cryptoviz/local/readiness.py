"""Wait until an embedded server answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from cryptoviz.local import server_log
from cryptoviz.local.children import Child, StartError

POLL_S = 0.03


def wait_until_ready(
    child: Child, answers: Callable[[], bool], *, name: str, log_path: Path, timeout_s: float
) -> None:
    """Return when *answers* is true.

    When the server ends before that, or *timeout_s* seconds pass, or the wait is interrupted, the
    server is stopped; the first two raise `StartError` with the end of its log.
    """
    deadline_s = time.monotonic() + timeout_s
    try:
        while not answers():
            if (status := child.exit_status) is not None:
                reason = f"ended with status {status}"
            elif time.monotonic() > deadline_s:
                reason = f"did not answer within {timeout_s:g} s"
            else:
                time.sleep(POLL_S)
                continue
            raise StartError(server_log.failure(f"{name} {reason}.", log_path))
    except BaseException:
        child.stop()
        raise
