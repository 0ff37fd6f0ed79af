from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import asyncpg
import psutil
import pytest

from cryptoviz.local.children import StartError
from cryptoviz.local.database import Database


async def execute(database: Database, statement: str) -> None:
    connection = await asyncpg.connect(database.dsn)
    await connection.execute(statement)
    await connection.close()


async def value(database: Database, query: str) -> object:
    connection = await asyncpg.connect(database.dsn)
    found = await connection.fetchval(query)
    await connection.close()
    return found


async def started(database: Database, statement: str) -> None:
    # A killed server's answer to a statement that was never sent is no error of the database.
    active = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = $1"
    connection = await asyncpg.connect(database.dsn)
    async with asyncio.timeout(30):
        while not await connection.fetchval(active, statement):
            pass
    await connection.close()


async def test_a_row_survives_a_stop_and_a_new_start(server_dir: Path):
    with Database(server_dir / "postgres") as first:
        await execute(first, "CREATE TABLE trade AS SELECT 2400.5 AS price")

    with Database(server_dir / "postgres") as second:
        assert second.dsn == first.dsn
        assert float(await value(second, "SELECT price FROM trade")) == 2400.5


async def test_a_database_killed_under_load_recovers_at_the_same_dsn(server_dir: Path):
    with Database(server_dir / "postgres") as database:
        await execute(database, "CREATE TABLE trade AS SELECT 1 AS price")
        busy = await asyncpg.connect(database.dsn)
        load = asyncio.create_task(busy.execute("SELECT pg_sleep(60)"))
        await started(database, "SELECT pg_sleep(60)")
        backends = psutil.Process(database.pid).children()
        dsn = database.dsn

        database.kill()
        assert not [backend for backend in backends if backend.is_running()]
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await load
        database.start()

        assert database.dsn == dsn
        assert await value(database, "SELECT price FROM trade") == 1


async def test_settings_reach_the_server(server_dir: Path):
    with Database(server_dir / "postgres", settings={"work_mem": "7MB"}) as database:
        assert await value(database, "SHOW work_mem") == "7MB"
        assert await value(database, "SHOW timezone") == "UTC"


async def test_a_directory_too_deep_for_a_socket_works(server_dir: Path):
    deep = server_dir / ("d" * 60) / ("e" * 60)

    with Database(deep) as database:
        assert await value(database, "SELECT 1") == 1


def test_only_the_servers_own_user_can_enter_its_socket_directory(server_dir: Path):
    with Database(server_dir / "postgres"):
        mode = (server_dir / "postgres" / "data").stat().st_mode
        assert stat.S_IMODE(mode) == 0o700


def test_a_database_that_dies_while_starting_is_reported_with_its_log(server_dir: Path):
    broken = Database(server_dir / "postgres", settings={"work_mem": "plenty"})

    with pytest.raises(StartError, match="The PostgreSQL server ended with status 1") as caught:
        broken.start()

    assert 'invalid value for parameter "work_mem"' in str(caught.value)
    assert not broken.is_running
