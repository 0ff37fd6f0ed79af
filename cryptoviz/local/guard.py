"""Run one command, and end it when the process that asked for it is gone.

`children.Child` starts this file as a script; it imports nothing but the standard library, so
that it costs 20 ms and 10 MB. Its standard input is a pipe that the asking process never writes
to: the pipe closes when that process ends, by SIGKILL too, and then the guard stops the command.
The guard's only argument is a JSON object, see `Order`.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
ORPHANS_GRACE_S = 3.0
POLL_S = 0.02


class Order(TypedDict):
    """What to run: `status_fd` receives the command's pid, or why it could not be started."""

    command: list[str]
    stop_signal: int
    grace_s: float
    user: int | None
    group: int | None
    status_fd: int
    keep_fds: list[int]


class Guard:
    """The command's process, its orphans, and the pipe to the process that asked for it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.parent_pid = os.getppid()
        self.status: int | None = None
        self.stop_asked = False
        self.wakeup_fd = _wake_on_signals(self._ask_stop)
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        self.pid = self._spawn()

    def run(self) -> int:
        """Wait for the command or for the end of the asking process; return the exit status."""
        while not self.reap() and not self._must_stop():
            select.select([0, self.wakeup_fd], [], [], 1.0)
            self._drain_wakeups()
        if self.status is None:
            self._stop()
        self._end_orphans()
        return self.status if self.status is not None else 128 + signal.SIGKILL

    def reap(self) -> bool:
        """Collect ended processes; return whether the command is one of them, now or before."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                if pid == self.pid:
                    code = os.waitstatus_to_exitcode(status)
                    self.status = code if code >= 0 else 128 - code
        return self.status is not None

    def _spawn(self) -> int:
        stop_signal = self.order["stop_signal"]
        try:
            child = subprocess.Popen(
                self.order["command"],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=self.order["keep_fds"],
                user=self.order["user"],
                group=self.order["group"],
                extra_groups=None if self.order["group"] is None else [],
                # For a guard that is itself killed; sound because the guard has one thread.
                preexec_fn=lambda: _prctl(PR_SET_PDEATHSIG, stop_signal),
            )
        except OSError as error:
            self._report(f"{self.order['command'][0]} cannot be run: {error}")
            raise SystemExit(127) from None
        self._report(str(child.pid))
        # The guard collects every status itself, so Popen must not wait for this one.
        child.returncode = 0
        return child.pid

    def _report(self, text: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self.order["status_fd"], text.encode())
        os.close(self.order["status_fd"])

    def _must_stop(self) -> bool:
        closed = bool(select.select([0], [], [], 0)[0])
        # A forked sibling may hold the pipe open; then only the parent's pid tells.
        return closed or self.stop_asked or os.getppid() != self.parent_pid

    def _stop(self) -> None:
        # A paused process handles its stop signal only once it goes on.
        for number in (signal.Signals(self.order["stop_signal"]), signal.SIGCONT):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
        if not _wait_until(self.reap, self.order["grace_s"]):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            _wait_until(self.reap, ORPHANS_GRACE_S)

    def _end_orphans(self) -> None:
        """Wait for the processes that the command left behind, then kill them."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGTERM)
        # PostgreSQL's backends end by themselves when they miss their postmaster.
        if not _wait_until(self._is_childless, ORPHANS_GRACE_S):
            for pid in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            _wait_until(self._is_childless, ORPHANS_GRACE_S)

    def _is_childless(self) -> bool:
        self.reap()
        return not _children()

    def _ask_stop(self) -> None:
        self.stop_asked = True

    def _drain_wakeups(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self.wakeup_fd, 512)


def _wake_on_signals(ask_stop: Callable[[], None]) -> int:
    """Let signals end `select`; return the descriptor that becomes readable."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ask_stop())
    return reader


def _prctl(option: int, value: int) -> None:
    # Only Linux has it; elsewhere the pipe alone has to do.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _children() -> list[int]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def _wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(POLL_S)
    return True


if __name__ == "__main__":
    sys.exit(Guard(json.loads(sys.argv[1])).run())
