from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cryptoviz.local.kafka_jars import kafka_jars

NOBODY = pwd.getpwnam("nobody")
SERVE = """
import os, pathlib, sys
from cryptoviz.local.broker import Broker
from cryptoviz.local.database import Database
directory = pathlib.Path(sys.argv[1])
with Broker(directory / "kafka") as broker, Database(directory / "postgres") as database:
    owners = {os.stat(f"/proc/{server.pid}").st_uid for server in (broker, database)}
    assert owners == {os.geteuid()}, owners
    print("both serve as user", os.geteuid())
"""


@contextlib.contextmanager
def passable(path: Path) -> Iterator[None]:
    """Let everybody pass the directories above *path*, for the time of a test."""
    closed = {
        parent: parent.stat().st_mode
        for parent in path.parents
        if not parent.stat().st_mode & stat.S_IXOTH
    }
    for parent, mode in closed.items():
        parent.chmod(mode | stat.S_IXOTH)
    yield
    for parent, mode in closed.items():
        parent.chmod(mode)


@pytest.fixture
def home(server_dir: Path) -> Path:
    """Make a home directory with a copy of Kafka's jars in its Maven repository."""
    server_dir.chmod(0o755)
    repository = server_dir / ".m2" / "repository"
    for number, jar in enumerate(kafka_jars()):
        # Any place will do: the list that goes with them says where they are.
        repository.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(jar, repository / f"{number}.jar")
    sizes = {jar.name: jar.stat().st_size for jar in repository.iterdir()}
    listing = server_dir / ".cache" / "jgo" / "cryptoviz" / "kafka_2.13-4.3.1.json"
    listing.parent.mkdir(parents=True)
    listing.write_text(str(sizes).replace("'", '"'))
    return server_dir


def serve(home: Path, user: int | None) -> str:
    """Run both servers as *user* (None: as this one) below *home* and return what was printed."""
    environ = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
    data = home / "data"
    data.mkdir()
    if user is not None:
        os.chown(data, user, -1)
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(data)],
        env=environ | {"HOME": str(home)},
        cwd="/",
        user=user,
        group=None if user is None else NOBODY.pw_gid,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_servers_run_as_an_ordinary_user(home: Path):
    user = NOBODY.pw_uid if os.geteuid() == 0 else None

    with passable(Path(sys.executable).resolve()):
        printed = serve(home, user)

    assert printed == f"both serve as user {os.geteuid() if user is None else user}\n"
