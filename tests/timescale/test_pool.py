"""Connections wait for a database that is down, and not for one that takes too long."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from cryptoviz.local.database import Database
from cryptoviz.timescale import history
from cryptoviz.timescale import pool as pools
from cryptoviz.timescale.pool import Pool, acquire, connect
from cryptoviz.timescale.sink import next_offset
from tests.timescale.conftest import a_database, opened
from tests.timescale.rows import NOON
from tests.timescale.servers import Server

DEADLINE_S = 60.0


async def test_a_worker_starts_while_its_database_is_down(
    own_database: Database, own_dsn: str
) -> None:
    own_database.stop()
    async with opened(own_dsn) as pool:
        asking = asyncio.create_task(next_offset(pool, "rawticker", 0))
        await asyncio.wait([asking], timeout=0.2)
        assert not asking.done()

        await asyncio.to_thread(own_database.start)

        async with asyncio.timeout(DEADLINE_S):
            assert await asking is None


async def test_a_statement_that_takes_too_long_is_given_up_by_the_server(
    concurrent: Server, dsn: str
) -> None:
    pool = await connect(a_database(dsn, timeout_s=0.2))
    try:
        with pytest.raises(asyncpg.QueryCanceledError, match="statement timeout"):
            await pool.fetchval("SELECT pg_sleep(60)")

        assert await pool.fetchval("SELECT 1") == 1
    finally:
        pool.terminate()


async def test_a_pool_has_a_bound_and_whoever_waits_for_it_is_told_in_time(
    concurrent: Server, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "ACQUIRE_TIMEOUT_S", 0.1)
    pool = await connect(a_database(dsn, pool_size=2))
    try:
        async with acquire(pool) as one, acquire(pool) as other:
            assert await one.fetchval("SELECT 1") == await other.fetchval("SELECT 1") == 1
            with pytest.raises(TimeoutError):
                await next_offset_once(pool)

        assert pool.get_size() == 2
        assert await next_offset_once(pool) is None
    finally:
        pool.terminate()


async def next_offset_once(pool: Pool) -> object:
    async with acquire(pool) as connection:
        return await connection.fetchval("SELECT next FROM sink_offset")


async def test_pages_are_read_by_plans_that_are_made_once(dsn: str) -> None:
    pool = await connect(a_database(dsn, pool_size=1))
    try:
        # PGlite's one session has the statements of earlier tests too.
        generic, custom = await plans(pool)
        for _ in range(8):
            await history.tickers(pool, "A/B", NOON, NOON, 10)

        assert await plans(pool) == (generic + 8, custom)
    finally:
        pool.terminate()


async def plans(pool: Pool) -> tuple[int, int]:
    """Return how many generic and how many custom plans this session has run for pages."""
    row = await pool.fetchrow(
        "SELECT coalesce(sum(generic_plans), 0) AS generic,"
        " coalesce(sum(custom_plans), 0) AS custom"
        " FROM pg_prepared_statements WHERE statement LIKE '%string_agg(%'"
        " AND statement NOT LIKE '%pg_prepared_statements%'"
    )
    assert row is not None
    return int(row["generic"]), int(row["custom"])
