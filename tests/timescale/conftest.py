"""What the tests of the database share: servers, a schema of their own, a pool in it."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import stamina

from cryptoviz.local.database import Database
from cryptoviz.local.fixtures import database  # noqa: F401 - pytest finds it here by its name
from cryptoviz.settings import Settings, load
from cryptoviz.timescale.failures import transient
from cryptoviz.timescale.migrate import migrate
from cryptoviz.timescale.pool import Pool, connect
from cryptoviz.timescale.statements import query
from tests.timescale.servers import (
    GIVEN_DSN,
    KINDS,
    TIMEOUT_S,
    Server,
    migrate_without_jobs,
    pglite,
)


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest) -> Server:
    """Return each kind of server in turn; they run on, for all tests that need any."""
    found: Server = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.fixture(scope="session")
def postgresql_server(database: Database) -> Server:  # noqa: F811 - the fixture, not its import
    """Return plain PostgreSQL, which has no extension."""
    return Server("postgresql", database.dsn, timescale=False)


@pytest.fixture(scope="session")
def pglite_server() -> Iterator[Server]:
    """Run TimescaleDB as WebAssembly, which takes seconds to start."""
    with pglite() as dsn:
        yield Server("pglite", dsn, timescale=True)


@pytest.fixture(scope="session")
def given_server() -> Server:
    """Return the server that whoever runs the tests has named."""
    assert GIVEN_DSN
    return Server("given", GIVEN_DSN, timescale=asyncio.run(has_timescale(GIVEN_DSN)))


async def has_timescale(dsn: str) -> bool:
    """Tell whether the server has TimescaleDB, and the edition that the schema needs."""
    connection = await asyncpg.connect(dsn, timeout=TIMEOUT_S)
    try:
        if not await connection.fetchval(
            "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'"
        ):
            return False
        # Outside the tests' schemas, which are dropped with everything in them.
        await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA public")
    finally:
        await connection.close()
    # A session that was open before the extension was created does not know its settings.
    connection = await asyncpg.connect(dsn, timeout=TIMEOUT_S)
    try:
        return bool(await connection.fetchval(query("extension_licence")) == "timescale")
    finally:
        await connection.close()


@pytest.fixture
async def schema(server: Server) -> AsyncIterator[str]:
    """Return the URL of an empty schema that is the test's own."""
    name = f"t{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(server.dsn, timeout=TIMEOUT_S)
    try:
        if server.timescale:
            # PGlite has none yet: outside the test's schema, which is dropped with all in it.
            await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA public")
        await connection.execute(f"CREATE SCHEMA {name}")
        yield server.within(name)
        async for attempt in stamina.retry_context(
            on=_job_in_the_way, attempts=None, timeout=TIMEOUT_S
        ):
            with attempt:
                await connection.execute(f"DROP SCHEMA {name} CASCADE")
    finally:
        connection.terminate()


def _job_in_the_way(error: Exception) -> bool:
    """Tell whether a job of TimescaleDB's at work in a schema may be why it was not dropped."""
    # The job wins a deadlock, or changes a row of the catalogue at the same time.
    return transient(error) or isinstance(error, asyncpg.InternalServerError)


@pytest.fixture
async def dsn(schema: str) -> str:
    """Return the URL of a migrated schema that is the test's own; no job runs by itself."""
    await migrate_without_jobs(schema, "off")
    return schema


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """Return a pool in a migrated schema that is the test's own."""
    async with opened(dsn) as pool:
        yield pool


@pytest.fixture
def concurrent(server: Server) -> Server:
    """Return a server with sessions beside each other; skips the one that has a single one."""
    if not server.concurrent:
        pytest.skip("PGlite has one session: nothing runs beside it")
    return server


@pytest.fixture
def timescale(server: Server) -> Server:
    """Return a server with TimescaleDB; skips plain PostgreSQL."""
    if not server.timescale:
        pytest.skip("there is no TimescaleDB on this server")
    return server


def a_database(dsn: str, *, pool_size: int = 4, timeout_s: float = TIMEOUT_S) -> Settings:
    """Return settings that name the database *dsn*."""
    return load(
        {
            "TIMESCALE_DSN": dsn,
            "TIMESCALE_POOL_SIZE": str(pool_size),
            "TIMESCALE_TIMEOUT": str(timeout_s),
        }
    )


@pytest.fixture(scope="session")
def own_database() -> Iterator[Database]:
    """Run a PostgreSQL that a test may kill without harm to others."""
    # Not among pytest's directories: as root, another session that begins beside this one closes
    # them to the server's user, who needs them again at each start.
    with tempfile.TemporaryDirectory() as directory, Database(Path(directory)) as running:
        yield running


@pytest.fixture
async def own_dsn(own_database: Database) -> str:
    """Return the URL of a new migrated schema in the database that may be killed."""
    name = f"t{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(own_database.start().dsn)
    await connection.execute(f"CREATE SCHEMA {name}")
    await connection.close()
    dsn = Server("postgresql", own_database.dsn, timescale=False).within(name)
    await migrate(dsn, retention_days="off")
    return dsn


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[Pool]:
    """Open a pool of the database *dsn* for a block."""
    pool = await connect(a_database(dsn))
    try:
        yield pool
    finally:
        pool.terminate()
