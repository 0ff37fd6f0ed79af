"""A worker process beside this one, for tests and benchmarks that kill it and look at it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from cryptoviz.local import ports, server_log
from cryptoviz.local.children import Child
from cryptoviz.local.readiness import wait_until_ready


class WorkerProcess:
    """One `cryptoviz worker` with its own data directory, which survives its restarts."""

    def __init__(self, directory: Path, environ: Mapping[str, str], app: str | None = None) -> None:
        """Prepare the worker; *environ* adds to this process's environment. *app* is Faust's -A."""
        self.directory = directory
        self.log_path = directory / "worker.log"
        self.web_port = ports.choose()
        self._app = app
        self._environ = {
            **os.environ,
            "CRYPTOVIZ_DATA_DIR": str(directory / "data"),
            "CRYPTOVIZ_WORKER_ID": directory.name,
            "WEB_PORT": str(self.web_port),
            **environ,
        }
        self._child: Child | None = None
        self._log: BinaryIO | None = None

    def launch(self) -> WorkerProcess:
        """Start the process and return at once."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._log = self.log_path.open("ab")
        app = ["-A", self._app] if self._app else []
        command = [sys.executable, "-m", "cryptoviz", *app, "worker", "-l", "info"]
        self._child = Child(command, environ=self._environ, log=self._log, grace_s=30)
        return self

    def start(self, timeout_s: float = 60.0) -> WorkerProcess:
        """Start the process and wait until its tables have recovered."""
        self.launch()
        self.wait_until_ready(timeout_s)
        return self

    def wait_until_ready(self, timeout_s: float = 60.0) -> None:
        """Wait until `/health/` says ready; raises `StartError` with the end of the log."""
        wait_until_ready(
            self.child,
            self.is_ready,
            name="The worker",
            log_path=self.log_path,
            timeout_s=timeout_s,
        )

    @property
    def child(self) -> Child:
        """The running process."""
        assert self._child is not None, "the worker was not started"
        return self._child

    @property
    def exit_status(self) -> int | str | None:
        """None while the process runs, its status once it has ended, "stopped" if we ended it."""
        return "stopped" if self._child is None else self._child.exit_status

    @property
    def log(self) -> str:
        """All that the worker has logged so far, over all its starts."""
        return self.log_path.read_text(errors="replace")

    def is_ready(self) -> bool:
        """Return whether `/health/` answers 200 now."""
        try:
            return bool(self.get("/health/")["ready"])
        except (OSError, KeyError, urllib.error.HTTPError):
            return False

    def get(self, path: str, timeout_s: float = 5.0) -> Any:
        """Return the JSON answer of *path*; raises `urllib.error.HTTPError` for an error status."""
        url = f"http://127.0.0.1:{self.web_port}{path}"
        with urllib.request.urlopen(url, timeout=timeout_s) as answer:
            return json.load(answer)

    def kill(self) -> None:
        """End the process with SIGKILL."""
        self.child.kill()
        self._close()

    def terminate(self) -> float:
        """Ask the process to end with SIGTERM and return how many seconds it took."""
        began_s = time.monotonic()
        self.child.send(signal.SIGTERM)
        self.child.wait(60)
        took_s = time.monotonic() - began_s
        self.stop()
        return took_s

    def stop(self) -> None:
        """End the process if it still runs."""
        if self._child is not None:
            self._child.stop()
        self._close()

    def discard(self) -> None:
        """Kill the process if it still runs, for who has seen enough of it; takes no time."""
        if self._child is not None:
            self.kill()

    def tail(self) -> str:
        """Return the end of the log, for a failed assertion's message."""
        return server_log.failure("The worker's log:", self.log_path)

    def _close(self) -> None:
        self._child = None
        if self._log is not None:
            self._log.close()

    def __enter__(self) -> WorkerProcess:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
