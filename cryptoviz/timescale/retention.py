"""How long rows are kept, and their deletion where no policy of TimescaleDB does it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from cryptoviz.timescale.pool import Pool, acquire
from cryptoviz.timescale.statements import query

# Rows of one table that one statement deletes: few enough to end within its timeout.
_ROWS_AT_ONCE = 20_000


def keep_since(retention_days: int | Literal["off"], now: datetime) -> datetime | None:
    """Return the time before which rows would be deleted again; None if all are kept."""
    return None if retention_days == "off" else now - timedelta(days=retention_days)


async def drop_expired(pool: Pool, days: int) -> int:
    """Delete the rows older than *days* on plain PostgreSQL; return how many.

    On TimescaleDB its policies do that and nothing is left to do here.
    """
    total = 0
    async with acquire(pool) as connection:
        while dropped := await connection.fetchval(query("drop_expired"), days, _ROWS_AT_ONCE):
            total += dropped
    return total
