"""An embedded PostgreSQL: on a Unix socket, its data in one directory."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from cryptoviz.local import server_log
from cryptoviz.local.children import Child, StartError
from cryptoviz.local.postgres_files import (
    PORT,
    make_private,
    programs,
    server_environ,
    socket_dir,
)
from cryptoviz.local.postgres_user import let_through, server_user
from cryptoviz.local.server import STOP_GRACE_S, Server

SUPERUSER = "postgres"
INITDB_TIMEOUT_S = 120.0


class Database(Server):
    """A PostgreSQL server that keeps its data in *directory* between runs.

    Its `dsn` depends on the directory alone, so it is the same after every restart. The socket is
    inside a directory that only the server's user and root can enter: there is no password.
    """

    title = "PostgreSQL server"

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
        super().__init__(directory, "postgres.log", start_timeout_s)
        self.settings = {"timezone": "UTC", "log_timezone": "UTC", **(settings or {})}
        self._data_dir = self.directory / "data"
        self._socket_dir = socket_dir(self._data_dir)

    def stop(self) -> None:
        """Stop the server in order, ending its connections; does nothing when it does not run."""
        super().stop()
        if self._socket_dir != self._data_dir:
            with contextlib.suppress(OSError):
                self._socket_dir.rmdir()

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
