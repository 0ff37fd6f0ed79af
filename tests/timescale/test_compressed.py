"""Rows and results for compressed chunks land like any other."""

from __future__ import annotations

from datetime import timedelta

from cryptoviz.timescale.pool import Pool, connect
from cryptoviz.timescale.results import SENTIMENT, upsert
from cryptoviz.timescale.sink import TRADES, write
from tests.timescale import oracle
from tests.timescale.conftest import a_database
from tests.timescale.servers import Server
from tests.timescale.test_results import a_window
from tests.timescale.weeks import DAY, put, run_jobs, this_hour


async def test_rows_for_compressed_chunks_land_and_are_seen(timescale: Server, pool: Pool) -> None:
    now = this_hour()
    rows = oracle.a_market(now - 30 * DAY, now)
    await put(pool, rows)
    await run_jobs(pool, "policy_compression")

    late = oracle.a_market(now - 20 * DAY, now - 19 * DAY, seed=3)
    await put(pool, late, len(rows))

    assert await pool.fetchval("SELECT count(*) FROM ticker_data") == len(rows) + len(late)


async def test_results_for_compressed_chunks_are_replaced_by_revision(
    timescale: Server, pool: Pool
) -> None:
    end = this_hour() - 20 * DAY
    await upsert(pool, SENTIMENT, [a_window(timestamp=end, revision=2)])
    await run_jobs(pool, "policy_compression")

    lower = await upsert(pool, SENTIMENT, [a_window(timestamp=end, revision=1)])
    higher = await upsert(pool, SENTIMENT, [a_window(timestamp=end, revision=3, positive=7)])

    assert (lower, higher) == (0, 1)
    stored = await pool.fetch("SELECT revision, positive FROM sentiment_data")
    assert [tuple(row) for row in stored] == [(3, 7)]


async def test_results_may_open_more_compressed_rows_than_the_server_allows_by_itself(
    timescale: Server, dsn: str, pool: Pool
) -> None:
    end = this_hour() - 20 * DAY
    rows = [a_window(timestamp=end, crypto_symbol=f"C{n}", revision=1) for n in range(50)]
    await upsert(pool, SENTIMENT, rows)
    await run_jobs(pool, "policy_compression")
    limited = f"{dsn}&timescaledb.max_tuples_decompressed_per_dml_transaction=1"
    strict = await connect(a_database(limited))

    higher = [a_window(timestamp=end, crypto_symbol=f"C{n}", revision=2) for n in range(50)]
    changed = await upsert(strict, SENTIMENT, higher)
    strict.terminate()

    assert changed == 50


async def test_a_backfill_compresses_as_it_copies_where_the_server_can(
    server: Server, pool: Pool
) -> None:
    start = this_hour() - 30 * DAY
    rows = [(start + timedelta(seconds=n), "A/B", 1.0, 1.0, "b", 0, n) for n in range(3_000)]

    written = await write(
        pool, TRADES, "rawtrade", 0, 0, 3_000, rows, range(3_000), direct_compress=True
    )

    assert written.rows == 3_000
    found = await pool.fetchrow(
        "SELECT count(*), min(source_offset), max(source_offset) FROM trade_data"
    )
    assert tuple(found) == (3_000, 0, 2_999)
