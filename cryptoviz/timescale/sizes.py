"""How large the tables are, for those who watch over them."""

from __future__ import annotations

from typing import NamedTuple

from cryptoviz.timescale.pool import Pool, acquire
from cryptoviz.timescale.statements import query


class TableSize(NamedTuple):
    """One table: *row_estimate* comes from statistics, *bytes* includes indexes and chunks.

    Without TimescaleDB there are no *chunks*.
    """

    table_name: str
    row_estimate: int
    bytes: int
    chunks: int
    compressed_chunks: int


async def sizes(pool: Pool) -> list[TableSize]:
    """Return the size of every table. It reads catalogues only, and takes milliseconds."""
    async with acquire(pool) as connection:
        rows = await connection.fetch(query("table_sizes"))
    return [TableSize(*row) for row in rows]
