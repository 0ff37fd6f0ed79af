"""What the embedded servers share: one process, its data and its lock in one directory."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from cryptoviz.local import directory_lock
from cryptoviz.local.children import Child, StartError
from cryptoviz.local.readiness import wait_until_ready

# A server whose starter was just killed needs a moment to end.
PREDECESSOR_WAIT_S = 20.0
STOP_GRACE_S = 8.0


class Server(ABC):
    """A server that keeps its data in *directory* between runs."""

    title: ClassVar[str]

    def __init__(self, directory: Path, log_name: str, start_timeout_s: float) -> None:
        """Describe a server; nothing is started."""
        self.directory = directory.resolve()
        self.log_path = self.directory / log_name
        self.start_timeout_s = start_timeout_s
        self._child: Child | None = None

    def start(self) -> Self:
        """Start the server and return when it answers; raises `StartError`."""
        if self.is_running:
            return self
        if self._child is not None:
            self._child.stop()
        self.directory.mkdir(parents=True, exist_ok=True)
        lock_fd = directory_lock.hold(self.directory / "lock", self.title, PREDECESSOR_WAIT_S)
        try:
            self._child = self._launch(lock_fd)
        finally:
            # From here on the server's own process holds the lock.
            os.close(lock_fd)
        wait_until_ready(
            self._child,
            self._answers,
            name=f"The {self.title}",
            log_path=self.log_path,
            timeout_s=self.start_timeout_s,
        )
        return self

    def stop(self) -> None:
        """Stop the server in order; does nothing when it does not run."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """End the server by SIGKILL; `start` brings it back at the same address."""
        if self._child is not None:
            self._child.kill()

    def restart(self) -> None:
        """Stop the server and start it again at the same address."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Return whether the server's process is alive."""
        return self._child is not None and self._child.exit_status is None

    @property
    def pid(self) -> int:
        """Return the process id of the server."""
        return self._started().pid

    def _started(self) -> Child:
        if self._child is None:
            raise StartError(f"The {self.title} has not been started.")
        return self._child

    @abstractmethod
    def _launch(self, lock_fd: int) -> Child:
        """Start the process, which keeps *lock_fd* open for as long as it runs."""

    @abstractmethod
    def _answers(self) -> bool:
        """Return whether the server does its work."""
