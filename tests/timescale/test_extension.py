"""Where TimescaleDB is not there yet, migrating creates it, or says why it cannot."""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg
import pytest

from cryptoviz.timescale.migrate import migrate
from tests.timescale.servers import Server, pglite


@pytest.fixture
def fresh() -> Iterator[Server]:
    """Run a TimescaleDB whose extension nobody has created."""
    with pglite() as dsn:
        yield Server("pglite", dsn, timescale=True)


async def test_who_may_not_create_it_gets_plain_tables_who_may_gets_timescale(
    fresh: Server,
) -> None:
    admin = await asyncpg.connect(fresh.dsn)
    await admin.execute("CREATE ROLE writer; CREATE SCHEMA own AUTHORIZATION writer")

    refused = await migrate(f"{fresh.within('own')}&role=writer", retention_days=90)
    allowed = await migrate(fresh.dsn, retention_days=90)

    assert refused.server == "postgresql"
    assert "is available here but cannot be created: permission denied" in refused.notes[0]
    assert allowed.server == "timescaledb"
    assert allowed.notes == ["Created the extension timescaledb."]
    assert await admin.fetchval("SELECT count(*) FROM timescaledb_information.hypertables") == 6
    admin.terminate()
