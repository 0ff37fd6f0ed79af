"""Find out whether a database has TimescaleDB, or can have it; create the extension if so."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from cryptoviz.timescale.failures import sentence
from cryptoviz.timescale.pool import Connection
from cryptoviz.timescale.statements import Server, query


async def decide(
    dsn: str,
    connection: Connection,
    *,
    wanted: bool,
    notes: list[str],
    settings: Mapping[str, str],
) -> Server:
    """Return which schema the database *dsn*, open as *connection*, is to have.

    What stands in the way of TimescaleDB is appended to *notes*, as sentences. *settings* are the
    server's for further connections, timeouts among them.
    """
    state = await connection.fetchrow(query("extension"))
    if state is None:
        return "postgresql"
    if not wanted:
        notes.append("TimescaleDB is not used, as was asked for.")
        return "postgresql"
    if state["installed"] is None:
        problem = await _create(dsn, settings)
        if problem:
            notes.append(f"TimescaleDB is available here but cannot be created: {problem}.")
            return "postgresql"
        notes.append("Created the extension timescaledb.")
    licence = await _licence(dsn, settings)
    if licence != "timescale":
        # The Apache edition has hypertables only.
        notes.append(
            f"TimescaleDB runs here under the licence {licence!r}, which has no compression, "
            "policies or continuous aggregates, so it is not used."
        )
        return "postgresql"
    return "timescaledb"


async def _create(dsn: str, settings: Mapping[str, str]) -> str | None:
    # On a connection of its own: a server that has not preloaded the library ends the session.
    try:
        connection = await asyncpg.connect(dsn, timeout=10.0, server_settings=dict(settings))
        try:
            async with connection.transaction():
                await connection.execute(query("migration_lock"))
                await connection.execute(query("create_extension"))
        finally:
            await connection.close(timeout=5.0)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        return sentence(error)
    return None


async def _licence(dsn: str, settings: Mapping[str, str]) -> str | None:
    # A session that was open before the extension was created does not know its settings.
    connection = await asyncpg.connect(dsn, timeout=10.0, server_settings=dict(settings))
    try:
        licence: str | None = await connection.fetchval(query("extension_licence"))
        return licence
    finally:
        await connection.close(timeout=5.0)
