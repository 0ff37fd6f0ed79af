"""Connections wait for a database that is down, and not for one that takes too long."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from cryptoviz.local.database import Database
from cryptoviz.timescale.pool import connect
from cryptoviz.timescale.sink import next_offset
from tests.timescale.conftest import a_database, opened
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
