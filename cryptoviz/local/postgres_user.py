"""The system user that PostgreSQL runs as: it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import time
from pathlib import Path

from cryptoviz.local.children import StartError
from cryptoviz.local.postgres_files import programs

USER = "embedded_postgres"
PASSWD_LOCK_WAIT_S = 10.0
POLL_S = 0.1
READ_AND_ENTER = stat.S_IROTH | stat.S_IXOTH


def server_user() -> tuple[int, int] | None:
    """Return the user and group id to run the server as, or None for the current user.

    As root it adds the user once and lets it reach the server's programs.
    """
    if os.geteuid() != 0:
        return None
    entry = _added_user()
    if not (programs() / "postgres").stat().st_mode & stat.S_IXOTH:
        _open_programs(programs().parent)
    let_through(programs())
    return entry.pw_uid, entry.pw_gid


def let_through(path: Path) -> None:
    """Let every user pass the directories above *path*, without letting them list anything."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def _added_user() -> pwd.struct_passwd:
    deadline_s = time.monotonic() + PASSWD_LOCK_WAIT_S
    while True:
        try:
            return pwd.getpwnam(USER)
        except KeyError:
            added = subprocess.run(
                ["useradd", "--system", "--shell", "/bin/false", USER],
                capture_output=True,
                text=True,
                check=False,
            )
            # Another process may be adding it at this moment, which locks the list of users.
            if added.returncode != 0 and time.monotonic() > deadline_s:
                raise StartError(
                    f"PostgreSQL does not run as root, and its user {USER} could not be added: "
                    f"{added.stderr.strip()}"
                ) from None
            time.sleep(POLL_S)


def _open_programs(root: Path) -> None:
    """Undo a restrictive umask of the installation."""
    for path in (root, *root.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (READ_AND_ENTER if mode & stat.S_IXUSR else stat.S_IROTH))
