"""A database comes to this version's schema from wherever it was, once."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from click.testing import CliRunner

from cryptoviz.commands.migrate import migrate as command
from cryptoviz.timescale.migrate import MigrationError, Report, migrate
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.sink import TICKERS, write
from cryptoviz.timescale.statements import Server as Kind
from cryptoviz.timescale.statements import migrations, routines
from tests.timescale.rows import ticker_rows
from tests.timescale.servers import Server

TABLES = {
    "ticker_data",
    "trade_data",
    "article_data",
    "alert_data",
    "sentiment_data",
    "prediction_data",
}


def scripts_for(server: Server) -> tuple[list[str], list[str]]:
    """Return the names of the migrations and of the routines for a kind of server."""
    kind: Kind = "timescaledb" if server.timescale else "postgresql"
    return (
        [script.name for script in migrations() if script.runs_on(kind)],
        [script.name for script in routines() if script.runs_on(kind)],
    )


async def columns_of(connection: Pool | asyncpg.Connection, table: str) -> dict[str, str]:
    rows = await connection.fetch(
        "SELECT attname, format_type(atttypid, NULL) AS type FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
        table,
    )
    return {row["attname"]: row["type"] for row in rows}


async def test_an_empty_database_gets_every_script_once(server: Server, schema: str) -> None:
    first = await migrate(schema, retention_days=90)
    second = await migrate(schema, retention_days=90)

    assert (first.applied, first.routines) == scripts_for(server)
    assert first.server == ("timescaledb" if server.timescale else "postgresql")
    assert (second.applied, second.routines, second.retention_changed) == ([], [], False)
    assert second.sentences()[-1] == "Nothing had to be changed."


async def test_migrating_again_keeps_the_rows(dsn: str, pool: Pool) -> None:
    await write(pool, TICKERS, "rawticker", 0, 0, 50, ticker_rows(range(50)), range(50))

    await migrate(dsn, retention_days=90)

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

        report = await migrate(schema, retention_days=90)

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


async def test_a_migration_waits_for_a_table_only_so_long(
    concurrent: Server, dsn: str, pool: Pool
) -> None:
    await pool.execute("DELETE FROM schema_script WHERE name = '0002_indexes.sql'")
    async with pool.acquire() as reader, reader.transaction():
        await reader.execute("LOCK TABLE ticker_data IN ACCESS EXCLUSIVE MODE")

        with pytest.raises(asyncpg.LockNotAvailableError):
            await migrate(dsn, retention_days=90, lock_timeout_s=0.1, patience_s=0)


async def test_the_tables_have_the_columns_that_readers_know(pool: Pool) -> None:
    assert await columns_of(pool, "ticker_data") == {
        "timestamp": "timestamp with time zone",
        "pair": "text",
        "last": "double precision",
        "bid": "double precision",
        "ask": "double precision",
        "volume_24h": "double precision",
        "source_partition": "integer",
        "source_offset": "bigint",
    }
    assert list(await columns_of(pool, "ticker_ohlc_hourly")) == [
        "bucket", "pair", "open", "high", "low", "close", "avg_volume",
    ]  # fmt: skip
    assert list(await columns_of(pool, "sentiment_hourly")) == [
        "bucket", "crypto_symbol", "avg_sentiment", "sample_count",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "index"),
    [
        ("ticker_data", "(pair, timestamp DESC)"),
        ("trade_data", "(pair, timestamp DESC)"),
        ("trade_data", "(side, timestamp DESC)"),
        ("article_data", "(timestamp DESC)"),
        ("article_data", "gin (cryptocurrencies_mentioned)"),
        ("article_data", "(sentiment_label, timestamp DESC)"),
        ("alert_data", "(pair, timestamp DESC)"),
        ("alert_data", "(alert_type, timestamp DESC)"),
        ("sentiment_data", "(crypto_symbol, timestamp DESC"),
        ("prediction_data", "(crypto_symbol, timestamp DESC)"),
        ("prediction_data", "(model_name, timestamp DESC)"),
    ],
)
async def test_the_seeds_indexes_are_there(pool: Pool, table: str, index: str) -> None:
    rows = await pool.fetch(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = $1",
        table,
    )

    assert any(index in row["indexdef"].replace('"', "") for row in rows)


async def test_the_seeds_policies_are_there(timescale: Server, dsn: str, pool: Pool) -> None:
    await migrate(dsn, retention_days=90)

    dimensions = await pool.fetch(
        "SELECT hypertable_name, time_interval FROM timescaledb_information.dimensions"
        " WHERE hypertable_schema = current_schema()"
    )
    assert {row["hypertable_name"]: row["time_interval"].days for row in dimensions} == (
        dict.fromkeys(TABLES, 7)
    )
    assert await policies(pool, "policy_compression", "compress_after") == (
        dict.fromkeys(TABLES, "7 days")
    )
    assert await policies(pool, "policy_retention", "drop_after") == (
        dict.fromkeys(TABLES, "90 days")
    )
    aggregates = await pool.fetch(
        "SELECT view_name, materialized_only FROM timescaledb_information.continuous_aggregates"
        " WHERE view_schema = current_schema()"
    )
    assert {row["view_name"]: row["materialized_only"] for row in aggregates} == {
        "ticker_ohlc_hourly": False,
        "sentiment_hourly": False,
    }


async def test_retention_follows_its_setting(timescale: Server, dsn: str, pool: Pool) -> None:
    await migrate(dsn, retention_days=90)

    shorter = await migrate(dsn, retention_days=30)
    assert await policies(pool, "policy_retention", "drop_after") == (
        dict.fromkeys(TABLES, "30 days")
    )

    off = await migrate(dsn, retention_days="off")
    assert await policies(pool, "policy_retention", "drop_after") == {}
    assert shorter.sentences()[-1] == "The retention policies now keep 30 days."
    assert off.sentences()[-1] == "The retention policies now keep everything."


async def policies(pool: Pool, procedure: str, setting: str) -> dict[str, str]:
    """Return one setting of a policy, by table."""
    rows = await pool.fetch(
        "SELECT hypertable_name, config ->> $2 AS value FROM timescaledb_information.jobs"
        " WHERE hypertable_schema = current_schema() AND proc_name = $1",
        procedure,
        setting,
    )
    return {row["hypertable_name"]: row["value"] for row in rows}


def test_the_command_says_what_it_did(schema: str) -> None:
    first = CliRunner().invoke(command, ["--dsn", schema])
    second = CliRunner().invoke(command, ["--dsn", schema])

    assert first.exit_code == 0, first.output
    assert "Applied 0001_tables.sql." in first.output
    assert second.output.endswith("Nothing had to be changed.\n")


def test_the_command_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIMESCALE_DSN", raising=False)

    result = CliRunner().invoke(command, [])

    assert result.exit_code == 2
    assert "TIMESCALE_DSN is not set" in result.output


def test_the_command_says_why_a_database_cannot_be_reached() -> None:
    result = CliRunner().invoke(command, ["--dsn", "postgresql://x@127.0.0.1:1/x"])

    assert result.exit_code == 1
    assert "was not migrated: ConnectionRefusedError" in result.output


def test_a_report_reads_as_sentences() -> None:
    report = Report(server="timescaledb", applied=["0001_tables.sql"], notes=["A note."])

    assert report.sentences() == [
        "The schema is for TimescaleDB.",
        "A note.",
        "Applied 0001_tables.sql.",
    ]
