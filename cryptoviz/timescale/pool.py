"""Connections to the database: a bounded pool in which everything ends in time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from cryptoviz.settings import Settings

# Quoted, because asyncpg's classes take parameters in its stubs only.
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"

# How long to wait for a free connection of the pool, or for a new one.
ACQUIRE_TIMEOUT_S = 10.0

# The server should give a statement up first: its error says which, and keeps the connection.
_CLIENT_GRACE_S = 2.0

_LOSSES = (asyncpg.PostgresError, asyncpg.InternalClientError, OSError)


class NoDatabaseError(Exception):
    """The settings name no database."""


async def connect(settings: Settings) -> Pool:
    """Return a pool of at most `timescale_pool_size` connections, without opening one yet.

    So a worker starts while its database is down. Raises `NoDatabaseError` without a
    `timescale_dsn`.
    """
    if settings.timescale_dsn is None:
        raise NoDatabaseError("TIMESCALE_DSN must be a postgresql:// URL, was not set.")
    timeout_s = settings.timescale_timeout
    pool: Pool = await asyncpg.create_pool(
        settings.timescale_dsn,
        min_size=0,
        max_size=settings.timescale_pool_size,
        timeout=timeout_s,
        command_timeout=timeout_s + _CLIENT_GRACE_S,
        reset=_keep_session,
        server_settings=server_settings(timeout_s),
    )
    return pool


def acquire(pool: Pool) -> AbstractAsyncContextManager[Connection]:
    """Return a connection of *pool* for a block; raises TimeoutError when none is free in time."""
    acquired: AbstractAsyncContextManager[Connection] = pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
    return acquired


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """Run a block in one transaction, on a connection of its own."""
    async with acquire(pool) as connection:
        try:
            async with connection.transaction():
                yield connection
        except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            # A connection that is lost in the middle of an operation is left in it: returned to
            # the pool it would fail again. When the pool has noticed, it is gone already.
            with suppress(asyncpg.InterfaceError):
                connection.terminate()
            raise _loss_behind(error) from None


def _loss_behind(error: Exception) -> BaseException:
    # Each rollback on a lost connection fails too, and hides how the connection was lost.
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, _LOSSES):
        cause = cause.__context__
    return cause or error


def server_settings(timeout_s: float) -> dict[str, str]:
    """Return the settings of a session whose statements may take *timeout_s* seconds."""
    return {
        "application_name": "cryptoviz",
        "timezone": "UTC",
        # Planning over all chunks costs more than the query; a generic plan prunes when it begins.
        "plan_cache_mode": "force_generic_plan",
        # For each page of those that are asked together it would prune again: a proof for each
        # chunk costs more than a look into it, and a page ends in its first chunk or two. Servers
        # without TimescaleDB take the setting too.
        "timescaledb.enable_runtime_exclusion": "off",
        # No query here is long enough to earn its compilation.
        "jit": "off",
        "statement_timeout": _ms(timeout_s),
        # A frozen worker must not keep the lock on its offsets for ever.
        "idle_in_transaction_session_timeout": _ms(3 * timeout_s),
    }


async def _keep_session(connection: Connection) -> None:
    """Do nothing: no caller changes its session, and RESET ALL costs an eighth of a read.

    asyncpg rolls back what a caller left open before it calls this.
    """


def _ms(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))
