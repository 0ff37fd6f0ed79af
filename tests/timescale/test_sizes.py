"""Whoever watches over the tables learns how large they are."""

from __future__ import annotations

from datetime import timedelta

from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.sink import TICKERS, write
from cryptoviz.timescale.sizes import sizes
from tests.timescale.rows import NOON, ticker_rows
from tests.timescale.servers import Server


async def test_sizes_tell_rows_bytes_and_chunks(server: Server, pool: Pool) -> None:
    rows = ticker_rows(range(1_000), start=NOON - timedelta(days=30))
    rows += ticker_rows(range(1_000, 2_000))
    await write(pool, TICKERS, "rawticker", 0, 0, 2_000, rows, range(2_000))
    await pool.execute("ANALYZE ticker_data")

    found = {size.table_name: size for size in await sizes(pool)}

    tickers = found["ticker_data"]
    assert tickers.row_estimate == 2_000
    assert tickers.bytes > 100_000
    assert (tickers.chunks, tickers.compressed_chunks) == ((2, 0) if server.timescale else (0, 0))
    assert found["trade_data"].row_estimate == 0
    assert len(found) == 6
