"""Child processes that end with this one, however it ends, and that a terminal cannot interrupt.

Each child runs under a guard (`guard.py`) in a session of its own: Ctrl-C reaches only the
asking process, which then stops its children in the order it wants.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from cryptoviz.local import guard

# Beyond the child's own grace: its orphans, and a busy machine.
GUARD_GRACE_S = 3 * guard.ORPHANS_GRACE_S


class StartError(RuntimeError):
    """Something of the embedded stack did not start; the message is meant for a person."""


class Child:
    """A running command; `pid` is the command's own, not its guard's."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log: BinaryIO | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace_s: float = 10.0,
        user: tuple[int, int] | None = None,
        keep_fds: Sequence[int] = (),
    ) -> None:
        """Start *command*, its output going to *log* (default: to this process's output).

        *stop_signal* asks it to end; after *grace_s* seconds it is killed. *user* is the user and
        group id to run as. *keep_fds* stay open in the guard and in the command for as long as
        they run. Raises `StartError` when the command cannot be run.
        """
        self.grace_s = grace_s
        order = guard.Order(
            command=[str(word) for word in command],
            stop_signal=stop_signal,
            grace_s=grace_s,
            user=None if user is None else user[0],
            group=None if user is None else user[1],
            status_fd=-1,
            keep_fds=list(keep_fds),
        )
        self._guard, answer = _ordered(order, environ, cwd, log)
        if not answer.isdigit():
            self.stop()
            raise StartError(answer or f"{command[0]} was ended while it started.")
        self.pid = int(answer)

    @property
    def exit_status(self) -> int | None:
        """Return None while it runs, then its status; a negative one is the signal it died of."""
        status = self._guard.poll()
        return 128 - status if status is not None and status > 128 else status

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for the end and return the status; raises `subprocess.TimeoutExpired`."""
        self._guard.wait(timeout_s)
        status = self.exit_status
        assert status is not None
        return status

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command, unless it has ended."""
        # The guard ends after its command, so while it lives the pid cannot be another process.
        if self._guard.poll() is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def stop(self) -> int:
        """Ask the command to end, kill it when its grace is over, and return its status."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        try:
            self._guard.wait(self.grace_s + GUARD_GRACE_S)
        except subprocess.TimeoutExpired:
            self._guard.kill()
        return self.wait()

    def kill(self) -> None:
        """Kill the command at once, and wait until it and its orphans are gone."""
        self.send(signal.SIGKILL)
        self.wait(GUARD_GRACE_S)
        self.stop()


def _ordered(
    order: guard.Order, environ: Mapping[str, str] | None, cwd: Path | None, log: BinaryIO | None
) -> tuple[subprocess.Popen[bytes], str]:
    """Start a guard with *order*; return it and its answer, a pid or why there is none."""
    status_reader, status_writer = os.pipe()
    order["status_fd"] = status_writer
    with open(status_reader) as status:
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, json.dumps(order)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=None if environ is None else dict(environ),
                cwd=cwd,
                start_new_session=True,
                pass_fds=(status_writer, *order["keep_fds"]),
            )
        finally:
            # Only the guard may hold the writing end: its end is the end of the answer.
            os.close(status_writer)
        return process, status.read()
