"""A database comes to this version's schema from wherever it was, once."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from cryptoviz.timescale.migrate import MigrationError, migrate
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.sink import TICKERS, write
from cryptoviz.timescale.statements import Server as Kind
from cryptoviz.timescale.statements import migrations, query, routines
from tests.timescale.rows import ticker_rows
from tests.timescale.servers import Server


def scripts_for(server: Server) -> tuple[list[str], list[str]]:
    """Return the names of the migrations and of the routines for a kind of server."""
    kind: Kind = "timescaledb" if server.timescale else "postgresql"
    return (
        [script.name for script in migrations() if script.runs_on(kind)],
        [script.name for script in routines() if script.runs_on(kind)],
    )


async def test_an_empty_database_gets_every_script_once(server: Server, schema: str) -> None:
    first = await migrate(schema, retention_days=90)
    second = await migrate(schema, retention_days=90)

    assert (first.applied, first.routines) == scripts_for(server)
    assert first.server == ("timescaledb" if server.timescale else "postgresql")
    assert (second.applied, second.routines, second.retention_changed) == ([], [], False)
    assert second.sentences()[-1] == "Nothing had to be changed."


async def test_migrating_again_keeps_the_rows(dsn: str, pool: Pool) -> None:
    await write(pool, TICKERS, "rawticker", 0, 0, 50, ticker_rows(range(50)), range(50))

    # The rows are older than any retention, which a job of the server's would begin at once.
    await migrate(dsn, retention_days="off")

    assert await pool.fetchval("SELECT count(*) FROM ticker_data") == 50


async def test_two_workers_may_migrate_at_once(concurrent: Server, schema: str) -> None:
    reports = await asyncio.gather(*[migrate(schema, retention_days=90) for _ in range(3)])

    applied = [name for report in reports for name in report.applied]
    replaced = [name for report in reports for name in report.routines]
    assert (sorted(applied), sorted(replaced)) == scripts_for(concurrent)
    assert sum(report.retention_changed for report in reports) == concurrent.timescale


async def test_a_changed_migration_is_refused_by_name(dsn: str, pool: Pool) -> None:
    await pool.execute("UPDATE schema_script SET sha256 = 'abc' WHERE name = '0002_indexes.sql'")

    with pytest.raises(MigrationError, match=r"0002_indexes\.sql was applied as sha256 abc"):
        await migrate(dsn, retention_days=90)


async def test_a_changed_routine_is_replaced(server: Server, dsn: str, pool: Pool) -> None:
    name = scripts_for(server)[1][0]
    await pool.execute("UPDATE schema_script SET sha256 = 'abc' WHERE name = $1", name)

    report = await migrate(dsn, retention_days="off")

    assert (report.applied, report.routines) == ([], [name])


async def test_a_newer_schema_is_noted_and_left_alone(dsn: str, pool: Pool) -> None:
    await pool.execute("INSERT INTO schema_script (name, sha256) VALUES ('9999_more.sql', 'abc')")

    report = await migrate(dsn, retention_days="off")

    assert report.notes == ["A newer version has been here: it applied 9999_more.sql."]


async def test_a_plain_schema_becomes_timescale_with_its_rows(
    timescale: Server, schema: str
) -> None:
    plain = await migrate(schema, retention_days=90, extension=False)
    connection = await asyncpg.connect(schema)
    try:
        rows = ticker_rows(range(100))
        await connection.copy_records_to_table(
            "ticker_data", records=rows, columns=list(TICKERS.columns)
        )

        # Without a retention, whose job would begin at once, and the rows are old.
        report = await migrate(schema, retention_days="off")

        assert (plain.server, report.server) == ("postgresql", "timescaledb")
        assert await connection.fetchval("SELECT count(*) FROM ticker_data") == 100
        assert await connection.fetchval("SELECT close FROM ticker_ohlc_hourly") == 100.0
        assert len(await connection.fetch("SELECT show_chunks('ticker_data')")) == 1
    finally:
        connection.terminate()


async def test_a_timescale_schema_without_its_extension_is_refused(
    timescale: Server, dsn: str
) -> None:
    with pytest.raises(MigrationError, match=r"no longer has: restore the extension"):
        await migrate(dsn, retention_days=90, extension=False)


@pytest.mark.parametrize(
    ("limit", "error", "sentence"),
    [
        ({"lock_timeout_s": 0.1}, asyncpg.LockNotAvailableError, "lock timeout"),
        ({"statement_timeout_s": 0.2}, asyncpg.QueryCanceledError, "statement timeout"),
    ],
)
async def test_a_migration_waits_for_a_table_only_so_long(
    concurrent: Server,
    dsn: str,
    pool: Pool,
    limit: dict[str, float],
    error: type[Exception],
    sentence: str,
) -> None:
    await pool.execute("DELETE FROM schema_script WHERE name = '0002_indexes.sql'")
    async with pool.acquire() as reader, reader.transaction():
        await reader.execute("LOCK TABLE ticker_data IN ACCESS EXCLUSIVE MODE")

        with pytest.raises(error, match=sentence):
            await migrate(dsn, retention_days=90, patience_s=0, **limit)


@pytest.mark.parametrize("version", range(2, 7))
async def test_an_older_schema_with_rows_becomes_the_newest_and_keeps_them(
    server: Server, schema: str, version: int
) -> None:
    connection = await asyncpg.connect(schema)
    try:
        await connection.execute(query("create_ledger"))
        kind: Kind = "timescaledb" if server.timescale else "postgresql"
        older = [s for s in migrations() if s.runs_on(kind) and int(s.name[:4]) <= version]
        for script in older:
            await connection.execute(script.text)
            await connection.execute(query("record_script"), script.name, script.sha256)
        await connection.copy_records_to_table(
            "ticker_data", records=ticker_rows(range(100)), columns=list(TICKERS.columns)
        )

        report = await migrate(schema, retention_days="off")

        assert [*[script.name for script in older], *report.applied] == scripts_for(server)[0]
        assert await connection.fetchval("SELECT count(*) FROM ticker_data") == 100
        assert await connection.fetchval("SELECT close FROM ticker_ohlc_hourly") == 100.0
        assert await connection.fetchval("SELECT count(*) FROM trade_ohlc_hourly") == 0
    finally:
        connection.terminate()
