"""Bring a database to the schema of this version of the application.

Every script runs in a transaction of its own, under an advisory lock and after a look into the
ledger, so that any number of workers may start at once, also behind a connection pooler.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import asyncpg

from cryptoviz.timescale.extension import decide
from cryptoviz.timescale.failures import retrying
from cryptoviz.timescale.pool import Connection, server_settings
from cryptoviz.timescale.statements import Script, Server, migrations, query, routines

STATEMENT_TIMEOUT_S = 600.0
LOCK_TIMEOUT_S = 10.0


class MigrationError(Exception):
    """The database's schema and this version of the application do not belong together."""


@dataclass
class Report:
    """What `migrate` did: names of scripts, in the order in which they ran."""

    server: Server = "postgresql"
    applied: list[str] = field(default_factory=list)
    routines: list[str] = field(default_factory=list)
    retention_days: int | Literal["off"] = "off"
    retention_changed: bool = False
    notes: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """Return what was done, one sentence a line."""
        kind = "TimescaleDB" if self.server == "timescaledb" else "plain PostgreSQL"
        done = [f"The schema is for {kind}.", *self.notes]
        done += [f"Applied {name}." for name in self.applied]
        done += [f"Replaced routine {name}." for name in self.routines]
        if self.retention_changed:
            kept = self.retention_days
            days = "everything" if kept == "off" else f"{kept} days"
            done.append(f"The retention policies now keep {days}.")
        if not (self.applied or self.routines or self.retention_changed):
            done.append("Nothing had to be changed.")
        return done


async def migrate(
    dsn: str,
    *,
    retention_days: int | Literal["off"],
    extension: bool = True,
    statement_timeout_s: float = STATEMENT_TIMEOUT_S,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
    patience_s: float | None = 60.0,
) -> Report:
    """Apply the migrations and routines that the database *dsn* lacks; set its retention.

    Without *extension* TimescaleDB is not used though the server may have it. A statement may
    take *statement_timeout_s*, and wait *lock_timeout_s* for other users of a table. Passing
    failures are retried for *patience_s* seconds, for ever when None. Raises `MigrationError`
    when an applied file has changed since, or the schema needs an extension that is gone.
    """
    async for attempt in retrying(patience_s):
        with attempt:
            report = Report(retention_days=retention_days)
            settings = server_settings(statement_timeout_s)
            connection = await asyncpg.connect(dsn, timeout=10.0, server_settings=settings)
            try:
                await _ledger(connection)
                server = await decide(
                    dsn, connection, wanted=extension, notes=report.notes, settings=settings
                )
                report.server = server
                await _run(connection, report, lock_timeout_s)
            finally:
                await connection.close(timeout=5.0)
    return report


async def _run(connection: Connection, report: Report, lock_timeout_s: float) -> None:
    recorded = await _recorded(connection)
    _check_server(recorded, report.server)
    known = {script.name for script in (*migrations(), *routines())}
    if newer := sorted(set(recorded) - known):
        report.notes.append(f"A newer version has been here: it applied {', '.join(newer)}.")
    for frozen, scripts, ran in (
        (True, migrations(), report.applied),
        (False, routines(), report.routines),
    ):
        for script in scripts:
            if script.runs_on(report.server) and await _apply(
                connection, script, lock_timeout_s, frozen=frozen
            ):
                ran.append(script.name)
    days = None if report.retention_days == "off" else report.retention_days
    async with connection.transaction():
        await _lock(connection, lock_timeout_s)
        report.retention_changed = await connection.fetchval(query("set_retention"), days)


async def _apply(
    connection: Connection, script: Script, lock_timeout_s: float, *, frozen: bool
) -> bool:
    async with connection.transaction():
        await _lock(connection, lock_timeout_s)
        sha256 = await connection.fetchval(query("script_sha256"), script.name)
        if sha256 == script.sha256:
            return False
        if frozen and sha256 is not None:
            raise MigrationError(
                f"{script.name} was applied as sha256 {sha256}, but the file now has "
                f"{script.sha256}: an applied migration must not change, add a new one instead"
            )
        await connection.execute(script.text)
        await connection.execute(query("record_script"), script.name, script.sha256)
        return True


async def _ledger(connection: Connection) -> None:
    async with connection.transaction():
        await connection.execute(query("migration_lock"))
        await connection.execute(query("create_ledger"))


async def _lock(connection: Connection, lock_timeout_s: float) -> None:
    # First the lock among migrations, which may be held for long; then a short patience for
    # tables, because whoever waits for one holds up everybody behind.
    await connection.execute(query("migration_lock"))
    await connection.fetchval(query("set_lock_timeout"), f"{round(lock_timeout_s * 1000)}ms")


async def _recorded(connection: Connection) -> Mapping[str, str]:
    rows = await connection.fetch(query("recorded_scripts"))
    return {row["name"]: row["sha256"] for row in rows}


def _check_server(recorded: Mapping[str, str], server: Server) -> None:
    needs = [
        script.name
        for script in migrations()
        if script.server == "timescaledb" and script.name in recorded
    ]
    if needs and server == "postgresql":
        raise MigrationError(
            f"the schema was made for TimescaleDB ({needs[0]} was applied), which this database "
            "no longer has: restore the extension, or copy the rows into a new database"
        )
