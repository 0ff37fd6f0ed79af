"""The broker and the database together, each embedded unless the environment names another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Self

from cryptoviz.local import directory_lock
from cryptoviz.local.broker import Broker
from cryptoviz.local.children import StartError
from cryptoviz.local.database import Database
from cryptoviz.local.kafka_jars import kafka_jars

BROKER_VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
DATABASE_VARIABLE = "TIMESCALE_DSN"


class Stack:
    """What a worker needs around it, in one directory: `kafka/` and `postgres/`.

    `broker` and `database` are None where *environ* names a server to use instead, by
    KAFKA_BOOTSTRAP_SERVERS and by TIMESCALE_DSN or TIMESCALE_DSN_FILE.
    """

    def __init__(self, directory: Path, environ: Mapping[str, str] | None = None) -> None:
        """Describe a stack; nothing is started. *environ* is this process's by default."""
        environ = os.environ if environ is None else environ
        self.directory = directory.resolve()
        self._given_broker = environ.get(BROKER_VARIABLE)
        self._given_database = environ.get(DATABASE_VARIABLE) or _file_content(environ)
        self.broker = None if self._given_broker else Broker(self.directory / "kafka")
        self.database = None if self._given_database else Database(self.directory / "postgres")
        self._lock_fd: int | None = None

    def start(self) -> Self:
        """Start what is embedded, both at once; raises `StartError`.

        Downloads Kafka on the first start, with a progress bar.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock_fd = directory_lock.hold(self.directory / "lock", "CRYPTO VIZ stack")
        try:
            if self.broker is not None:
                # Here, where Ctrl-C reaches it: the download is the one long wait.
                kafka_jars()
            self._start_servers()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the database, then the broker, and give the directory free."""
        self._stop_servers()
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environ(self) -> dict[str, str]:
        """Return the variables that lead a worker to the broker and the database."""
        servers = self.broker.bootstrap_servers if self.broker else self._given_broker
        dsn = self.database.dsn if self.database else self._given_database
        return {BROKER_VARIABLE: servers or "", DATABASE_VARIABLE: dsn or ""}

    def failure(self) -> str | None:
        """Return a sentence about a server that has ended by itself, or None."""
        for name, server in (("Kafka broker", self.broker), ("database", self.database)):
            if server is not None and not server.is_running:
                return f"The embedded {name} has ended; its log is {server.log_path}."
        return None

    def _start_servers(self) -> None:
        servers = [server for server in (self.broker, self.database) if server is not None]
        pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="start")
        try:
            for start in as_completed([pool.submit(server.start) for server in servers]):
                start.result()
        except BaseException:
            # The other one need not get ready first.
            self._stop_servers()
            raise
        finally:
            pool.shutdown(wait=True)

    def _stop_servers(self) -> None:
        for server in (self.database, self.broker):
            if server is not None:
                server.stop()


def _file_content(environ: Mapping[str, str]) -> str | None:
    variable = f"{DATABASE_VARIABLE}_FILE"
    if not (path := environ.get(variable)):
        return None
    try:
        return Path(path).read_text().removesuffix("\n")
    except OSError as error:
        raise StartError(f"{variable} cannot be read: {error}.") from None
