"""The tables, indexes and policies are those that readers know and the seed lists."""

from __future__ import annotations

import asyncpg
import pytest

from cryptoviz.timescale.migrate import migrate
from cryptoviz.timescale.pool import Pool
from tests.timescale.servers import Server

TABLES = {
    "ticker_data",
    "trade_data",
    "article_data",
    "alert_data",
    "sentiment_data",
    "prediction_data",
}
# Dropped with the rows it is made of; the hours stay.
MINUTES = {"trade_ohlc_minute"}


async def columns_of(connection: Pool | asyncpg.Connection, table: str) -> dict[str, str]:
    rows = await connection.fetch(
        "SELECT attname, format_type(atttypid, NULL) AS type FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
        table,
    )
    return {row["attname"]: row["type"] for row in rows}


async def policies(pool: Pool, procedure: str, setting: str) -> dict[str, str]:
    """Return one setting of a policy, by table."""
    rows = await pool.fetch(
        "SELECT hypertable_name, config ->> $2 AS value FROM timescaledb_information.jobs"
        " WHERE hypertable_schema = current_schema() AND proc_name = $1",
        procedure,
        setting,
    )
    return {row["hypertable_name"]: row["value"] for row in rows}


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
    for candles in ("trade_ohlc_minute", "trade_ohlc_hourly"):
        assert list(await columns_of(pool, candles)) == [
            "bucket", "pair", "open", "high", "low", "close", "volume", "buy_volume",
            "sell_volume", "quote_volume", "trades",
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
        dict.fromkeys(TABLES | MINUTES, "90 days")
    )
    aggregates = await pool.fetch(
        "SELECT view_name, materialized_only FROM timescaledb_information.continuous_aggregates"
        " WHERE view_schema = current_schema()"
    )
    assert {row["view_name"]: row["materialized_only"] for row in aggregates} == {
        "ticker_ohlc_hourly": False,
        "sentiment_hourly": False,
        "trade_ohlc_minute": False,
        "trade_ohlc_hourly": False,
    }


async def test_retention_follows_its_setting(timescale: Server, dsn: str, pool: Pool) -> None:
    await migrate(dsn, retention_days=90)

    shorter = await migrate(dsn, retention_days=30)
    assert await policies(pool, "policy_retention", "drop_after") == (
        dict.fromkeys(TABLES | MINUTES, "30 days")
    )

    off = await migrate(dsn, retention_days="off")
    assert await policies(pool, "policy_retention", "drop_after") == {}
    assert shorter.sentences()[-1] == "The retention policies now keep 30 days."
    assert off.sentences()[-1] == "The retention policies now keep everything."


async def test_a_short_retention_shortens_what_the_aggregates_look_back_on(
    timescale: Server, dsn: str, pool: Pool
) -> None:
    looked_back = "policy_refresh_continuous_aggregate", "start_offset"
    assert set((await policies(pool, *looked_back)).values()) == {"3 days"}

    await migrate(dsn, retention_days=1)
    again = await migrate(dsn, retention_days=1)
    short = await policies(pool, *looked_back)
    await migrate(dsn, retention_days=30)

    assert set(short.values()) == {"1 day -02:00:00"}
    assert not again.retention_changed
    assert set((await policies(pool, *looked_back)).values()) == {"3 days"}


async def test_chunks_are_compressed_by_what_histories_ask_for(
    timescale: Server, pool: Pool
) -> None:
    rows = await pool.fetch(
        "SELECT hypertable_name AS name,"
        " array_agg(attname::text ORDER BY segmentby_column_index)"
        "  FILTER (WHERE segmentby_column_index IS NOT NULL) AS segments,"
        " array_agg(attname::text || CASE WHEN orderby_asc THEN '' ELSE ' DESC' END"
        "  ORDER BY orderby_column_index) FILTER (WHERE orderby_column_index IS NOT NULL) AS orders"
        " FROM timescaledb_information.compression_settings"
        " WHERE hypertable_schema = current_schema() AND hypertable_name = ANY($1) GROUP BY 1",
        sorted(TABLES),
    )

    assert {row["name"]: (row["segments"], row["orders"]) for row in rows} == {
        "ticker_data": (["pair"], ["timestamp DESC"]),
        "trade_data": (["pair"], ["timestamp DESC"]),
        "article_data": (["website"], ["timestamp DESC"]),
        "alert_data": (["pair"], ["timestamp DESC"]),
        "sentiment_data": (["crypto_symbol"], ["timestamp DESC", "source"]),
        "prediction_data": (
            ["crypto_symbol", "pair", "model_name"],
            ["timestamp DESC", "horizon"],
        ),
    }
