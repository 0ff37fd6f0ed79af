"""An embedded PostgreSQL: on a Unix socket, its data in one directory."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from urllib.parse import quote

from cryptoviz.local import directory_lock, server_log
from cryptoviz.local.children import Child, StartError
from cryptoviz.local.postgres_files import (
    PORT,
    make_private,
    programs,
    server_environ,
    socket_dir,
)
from cryptoviz.local.postgres_user import let_through, server_user
from cryptoviz.local.readiness import wait_until_ready

SUPERUSER = "postgres"
INITDB_TIMEOUT_S = 120.0
# A server whose starter was just killed needs a moment to end.
PREDECESSOR_WAIT_S = 20.0
STOP_GRACE_S = 8.0


class Database:
    """A PostgreSQL server that keeps its data in *directory* between runs.

    Its `dsn` depends on the directory alone, so it is the same after every restart. The socket is
    inside a directory that only the server's user and root can enter: there is no password.
    """

    def __init__(
        self,
        directory: Path,
        *,
        settings: Mapping[str, str] | None = None,
        start_timeout_s: float = 60.0,
    ) -> None:
        """Describe a database; nothing is started.

        *settings* are PostgreSQL's configuration parameters, by name.
        """
        self.directory = directory.resolve()
        self.settings = {"timezone": "UTC", "log_timezone": "UTC", **(settings or {})}
        self.start_timeout_s = start_timeout_s
        self.log_path = self.directory / "postgres.log"
        self._data_dir = self.directory / "data"
        self._socket_dir = socket_dir(self._data_dir)
        self._child: Child | None = None

    def start(self) -> Self:
        """Start the server and return when it answers; raises `StartError`."""
        if self.is_running:
            return self
        if self._child is not None:
            self._child.stop()
        self.directory.mkdir(parents=True, exist_ok=True)
        lock_path = self.directory / "lock"
        lock_fd = directory_lock.hold(lock_path, "PostgreSQL server", PREDECESSOR_WAIT_S)
        try:
            self._child = self._launch(lock_fd)
        finally:
            # From here on the server's own process holds the lock.
            os.close(lock_fd)
        wait_until_ready(
            self._child,
            self._answers,
            name="PostgreSQL",
            log_path=self.log_path,
            timeout_s=self.start_timeout_s,
        )
        return self

    def stop(self) -> None:
        """Stop the server in order, ending its connections; does nothing when it does not run."""
        if self._child is not None:
            self._child.stop()
            if self._socket_dir != self._data_dir:
                with contextlib.suppress(OSError):
                    self._socket_dir.rmdir()

    def kill(self) -> None:
        """End the server by SIGKILL, and its connections; `start` recovers at the same dsn."""
        if self._child is not None:
            self._child.kill()

    def restart(self) -> None:
        """Stop the server and start it again."""
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
        """Return the process id of the postmaster."""
        if self._child is None:
            raise StartError("The database has not been started.")
        return self._child.pid

    @property
    def dsn(self) -> str:
        """Return the superuser's URL of the database `postgres`."""
        host = quote(str(self._socket_dir), safe="")
        return f"postgresql://{SUPERUSER}@/postgres?host={host}&port={PORT}"

    def _launch(self, lock_fd: int) -> Child:
        user = server_user()
        if user is not None:
            let_through(self._data_dir)
        if not (self._data_dir / "PG_VERSION").exists():
            self._initialise(user)
        if self._socket_dir != self._data_dir:
            make_private(self._socket_dir, user)
        options = [word for item in self.settings.items() for word in ("-c", "=".join(item))]
        command = [
            str(programs() / "postgres"),
            *("-D", str(self._data_dir), "-k", str(self._socket_dir), "-p", str(PORT), "-h", ""),
            *options,
        ]
        with server_log.fresh(self.log_path) as log:
            return Child(
                command,
                environ=server_environ(),
                log=log,
                # "Fast": it rolls back and stops cleanly; SIGTERM would wait for the clients.
                stop_signal=signal.SIGINT,
                grace_s=STOP_GRACE_S,
                user=user,
                keep_fds=[lock_fd],
            )

    def _initialise(self, user: tuple[int, int] | None) -> None:
        # Under another name until it is whole, so that a killed start leaves no half of it.
        partial = self.directory / "initialising"
        shutil.rmtree(partial, ignore_errors=True)
        make_private(partial, user)
        with server_log.fresh(self.log_path) as log:
            done = subprocess.run(
                [str(programs() / "initdb"), "--pgdata", str(partial), "--username", SUPERUSER,
                 "--auth", "trust", "--encoding", "UTF8", "--locale", "C",
                 "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
                env=server_environ(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                user=user and user[0], group=user and user[1], extra_groups=user and [],
                cwd="/", timeout=INITDB_TIMEOUT_S, start_new_session=True, check=False,
            )  # fmt: skip
        if done.returncode != 0:
            sentence = f"PostgreSQL's directory {self._data_dir} could not be initialised."
            raise StartError(server_log.failure(sentence, self.log_path))
        partial.rename(self._data_dir)

    def _answers(self) -> bool:
        probe = [str(programs() / "pg_isready"), "-q", "-h", str(self._socket_dir), "-p", str(PORT)]
        return subprocess.run(probe, env=server_environ(), check=False).returncode == 0
