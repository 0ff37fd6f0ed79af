"""Keep a crash-only process running: start it again, later each time, when it dies."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptoviz.local.children import Child

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
# Having run for so long, a process that dies is a new failure, not the same one again.
STEADY_S = 60.0


class Supervised:
    """A process that is restarted whenever it ends with another status than 0."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        grace_s: float,
        log_path: Path,
    ) -> None:
        """Start *command*, its output going to *log_path*; *name* is what messages call it."""
        self.name = name
        self._log_path = log_path
        self._command = command
        self._environ = environ
        self._grace_s = grace_s
        self._pause_s = FIRST_PAUSE_S
        self._restart_at_s: float | None = None
        self._launch()

    @property
    def pid(self) -> int:
        """Return the process id of the latest start."""
        return self._child.pid

    @property
    def has_finished(self) -> bool:
        """Return whether it ended with status 0, which nothing restarts."""
        return self._child.exit_status == 0

    def watch(self) -> None:
        """Notice a death and restart what has paused long enough; call this often."""
        status = self._child.exit_status
        if status is None or status == 0:
            return
        now_s = time.monotonic()
        if self._restart_at_s is None:
            if now_s - self._started_at_s > STEADY_S:
                self._pause_s = FIRST_PAUSE_S
            logger.warning(
                "The %s ended with status %d (see %s); it is started again in %g s.",
                self.name, status, self._log_path, self._pause_s,
            )  # fmt: skip
            self._restart_at_s = now_s + self._pause_s
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        elif now_s >= self._restart_at_s:
            self._restart_at_s = None
            self._child.stop()
            self._launch()

    def stop(self) -> None:
        """Ask it to end; after its grace it is killed."""
        self._child.stop()

    def _launch(self) -> None:
        self._started_at_s = time.monotonic()
        with self._log_path.open("ab") as log:
            self._child = Child(
                self._command, environ=self._environ, grace_s=self._grace_s, log=log
            )
