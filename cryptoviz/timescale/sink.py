"""Write a batch of raw rows and the offset it moves to in one transaction: all of it, once.

The offset in the database is the truth. A batch says which offsets it covers, [first, next);
it moves the stored offset from inside that range to its end, and copies the rows from there on.
A replay finds the offset moved and writes nothing; two workers that hold the same partition find
each other's moves; a COMMIT whose answer was lost is a replay.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptoviz.timescale.copying import Refused, copy
from cryptoviz.timescale.failures import retrying
from cryptoviz.timescale.pool import Connection, Pool, acquire, transaction
from cryptoviz.timescale.raw_table import (
    ALERTS,
    ARTICLES,
    TICKERS,
    TRADES,
    RawTable,
    Row,
)
from cryptoviz.timescale.statements import query

__all__ = [
    "ALERTS",
    "ARTICLES",
    "TICKERS",
    "TRADES",
    "OffsetMovedError",
    "RawTable",
    "Refused",
    "Row",
    "Written",
    "next_offset",
    "offsets",
    "write",
]


class OffsetMovedError(Exception):
    """The database is behind the batch: writing it would leave a gap. Seek to *stored*."""

    def __init__(self, topic: str, partition: int, stored: int, first: int) -> None:
        super().__init__(
            f"{topic}[{partition}] is written up to offset {stored}, but the batch begins at "
            f"{first}: {first - stored} offsets would be missing, so read again from {stored}"
        )
        self.stored = stored


@dataclass(frozen=True)
class Written:
    """What became of a batch; each of its rows is in exactly one of the counts.

    *rows* were written, *skipped* had been written before, *expired* were older than the
    retention, *refused* are those that the database itself does not take. *next* is the offset
    up to which the partition is written now: the `first` of the batch that follows.
    """

    rows: int
    skipped: int
    expired: int
    refused: tuple[Refused, ...]
    next: int


@dataclass(frozen=True)
class _Batch:
    table: RawTable[Any]
    topic: str
    partition: int
    first: int
    next: int
    rows: Sequence[Row]
    offsets: Sequence[int]
    keep_since: datetime | None
    direct_compress: bool


async def next_offset(pool: Pool, topic: str, partition: int) -> int | None:
    """Return the offset to read on from, or None when the partition was never written."""
    async for attempt in retrying(None):
        with attempt:
            async with acquire(pool) as connection:
                stored: int | None = await connection.fetchval(
                    query("next_offset"), topic, partition
                )
    return stored


async def offsets(pool: Pool, topic: str) -> dict[int, int]:
    """Return the next offset of each partition of *topic* that was ever written."""
    async with acquire(pool) as connection:
        rows = await connection.fetch(query("offsets"), topic)
    return {row["partition"]: row["next"] for row in rows}


async def write(
    pool: Pool,
    table: RawTable[Any],
    topic: str,
    partition: int,
    first: int,
    next: int,
    rows: Sequence[Row],
    offsets: Sequence[int],
    *,
    keep_since: datetime | None = None,
    refuse: Callable[[Sequence[Refused]], Awaitable[None]] | None = None,
    direct_compress: bool = False,
    patience_s: float | None = None,
) -> Written:
    """Write *rows*, whose ascending *offsets* lie in [first, next), and move the offset to *next*.

    *first* is where reading began, not the first row's offset: the caller says that Kafka holds
    no other record in [first, next). So pass the `next` of the `Written` before, or the
    position that was sought to; then offsets that Kafka has compacted or expired are no gap.
    Rows before *keep_since* are counted and not written. *refuse* is awaited with the refused
    rows before the transaction commits, so that none is forgotten by a crash. *direct_compress*
    compresses while copying where the server can: for backfills.

    Passing failures are retried for *patience_s* seconds, for ever when None. Raises
    `OffsetMovedError` when the stored offset is below *first*, and nothing is written then.
    """
    batch = _Batch(table, topic, partition, first, next, rows, offsets, keep_since, direct_compress)
    before: Written | None = None
    async for attempt in retrying(patience_s):
        with attempt:
            async with transaction(pool) as connection:
                written = await _write(connection, batch)
                if before is not None and written.skipped == len(rows):
                    # The attempt before did commit; only its answer was lost.
                    written = before
                elif written.refused and refuse is not None:
                    await refuse(written.refused)
                before = written
    return written


async def _write(connection: Connection, batch: _Batch) -> Written:
    start = await _move(connection, batch)
    skipped = bisect_left(batch.offsets, start)
    rows, row_offsets = batch.rows[skipped:], batch.offsets[skipped:]
    written = Written(0, skipped, 0, (), max(start, batch.next))
    if batch.keep_since is not None:
        kept = [index for index, row in enumerate(rows) if not _older(row, batch.keep_since)]
        if len(kept) < len(rows):
            written = replace(written, expired=len(rows) - len(kept))
            rows, row_offsets = [rows[i] for i in kept], [row_offsets[i] for i in kept]
    if not rows:
        return written
    if batch.direct_compress:
        await connection.fetchval(query("ask_direct_compress"))
    refused = await copy(connection, batch.table, rows, row_offsets)
    return replace(written, rows=len(rows) - len(refused), refused=refused)


async def _move(connection: Connection, batch: _Batch) -> int:
    """Move the stored offset to the batch's end; return from which offset on rows are new.

    That is at or after the end when the whole batch is written already.
    """
    where = (batch.topic, batch.partition)
    if await connection.fetchval(query("move_offset"), *where, batch.first, batch.next):
        return batch.first
    if await connection.fetchval(query("begin_offset"), *where, batch.next) is not None:
        return batch.first
    stored: int = await connection.fetchval(query("lock_offset"), *where)
    if stored < batch.first:
        raise OffsetMovedError(*where, stored, batch.first)
    if stored < batch.next:
        await connection.fetchval(query("move_offset"), *where, stored, batch.next)
    return stored


def _older(row: Row, keep_since: datetime) -> bool:
    # A time that Python cannot hold is no datetime; the database will refuse it.
    return isinstance(row[0], datetime) and row[0] < keep_since
