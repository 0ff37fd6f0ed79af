"""Ask for one row, and once more if the connection is lost."""

from __future__ import annotations

from typing import Any

from cryptoviz.timescale.failures import retrying, transient
from cryptoviz.timescale.pool import Pool, acquire

# A reader waits for the answer: one that lost its connection may ask once more, not for long.
READ_PATIENCE_S = 1.0


async def fetch(pool: Pool, statement: str, *parameters: Any) -> Any:
    """Return the one row of *statement*, asking again if the connection is lost."""
    try:
        return await _ask(pool, statement, *parameters)
    except Exception as error:
        if not transient(error):
            raise
    # Only now, since setting up retries takes as long as the query.
    async for attempt in retrying(READ_PATIENCE_S):
        with attempt:
            row = await _ask(pool, statement, *parameters)
    return row


async def _ask(pool: Pool, statement: str, *parameters: Any) -> Any:
    async with acquire(pool) as connection:
        return await connection.fetchrow(statement, *parameters)
