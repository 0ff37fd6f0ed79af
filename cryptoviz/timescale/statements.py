"""The files of the `sql` package: migrations, routines and queries."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Literal

Server = Literal["timescaledb", "postgresql"]
SERVERS: tuple[Server, ...] = ("timescaledb", "postgresql")


@dataclass(frozen=True)
class Script:
    """One file of `sql`: *name* is the file's, *server* the only kind it is for, if any."""

    name: str
    text: str
    server: Server | None

    @property
    def sha256(self) -> str:
        """Hash of the text, as hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def runs_on(self, server: Server) -> bool:
        """Tell whether this script is for a server of that kind."""
        return self.server in (None, server)


@functools.cache
def query(name: str) -> str:
    """Return the statement `sql/queries/{name}.sql`."""
    return (resources.files("sql") / "queries" / f"{name}.sql").read_text(encoding="utf-8")


@functools.cache
def migrations() -> tuple[Script, ...]:
    """Return the migrations for every kind of server, in the order in which they run."""
    return _scripts("migrations")


@functools.cache
def routines() -> tuple[Script, ...]:
    """Return the routines for every kind of server, by name."""
    return _scripts("routines")


def _scripts(folder: str) -> tuple[Script, ...]:
    files = (resources.files("sql") / folder).iterdir()
    found = [
        Script(file.name, file.read_text(encoding="utf-8"), _server_of(file.name))
        for file in files
        if file.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda script: script.name))


def _server_of(file_name: str) -> Server | None:
    return next((server for server in SERVERS if f".{server}." in file_name), None)
