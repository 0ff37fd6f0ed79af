"""A batch is written once, whole, in one move of its offset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.sink import (
    TICKERS,
    OffsetMovedError,
    Refused,
    Written,
    next_offset,
    write,
)
from tests.timescale.rows import NOON, a_ticker, ticker_rows
from tests.timescale.servers import Server


async def put(pool: Pool, first: int, next_: int, **options: Any) -> Written:
    """Write the rows of the offsets [first, next_) of partition 0."""
    offsets = range(first, next_)
    return await write(
        pool, TICKERS, "rawticker", 0, first, next_, ticker_rows(offsets), offsets, **options
    )


async def stored_offsets(pool: Pool) -> list[int]:
    rows = await pool.fetch("SELECT source_offset FROM ticker_data ORDER BY source_offset")
    return [row["source_offset"] for row in rows]


async def test_a_partition_that_was_never_written_has_no_offset(pool: Pool) -> None:
    assert await next_offset(pool, "rawticker", 0) is None


async def test_a_batch_lands_with_its_offset(pool: Pool) -> None:
    written = await put(pool, 100, 110)

    assert written == Written(rows=10, skipped=0, expired=0, refused=(), next=110)
    assert await stored_offsets(pool) == list(range(100, 110))
    assert await next_offset(pool, "rawticker", 0) == 110


async def test_every_column_arrives_as_it_was_sent(pool: Pool) -> None:
    row = TICKERS.to_row(a_ticker(bid=None, volume_24h=None), 3, 7)

    await write(pool, TICKERS, "rawticker", 3, 7, 8, [row], [7])

    stored = await pool.fetchrow(f"SELECT {', '.join(TICKERS.columns)} FROM ticker_data")
    assert tuple(stored) == (NOON, "BTC/USD", 34_000.5, None, 34_010.0, None, 3, 7)


async def test_a_replayed_batch_writes_nothing(pool: Pool) -> None:
    await put(pool, 0, 10)

    again = await put(pool, 0, 10)

    assert again == Written(rows=0, skipped=10, expired=0, refused=(), next=10)
    assert await stored_offsets(pool) == list(range(10))


async def test_a_batch_that_is_partly_written_is_trimmed(pool: Pool) -> None:
    await put(pool, 0, 10)

    written = await put(pool, 5, 15)

    assert written == Written(rows=5, skipped=5, expired=0, refused=(), next=15)
    assert await stored_offsets(pool) == list(range(15))


async def test_a_batch_behind_the_stored_offset_is_told_how_far_the_partition_is(
    pool: Pool,
) -> None:
    await put(pool, 0, 100)

    written = await put(pool, 20, 30)

    assert (written.rows, written.skipped, written.next) == (0, 10, 100)
    assert await next_offset(pool, "rawticker", 0) == 100


async def test_a_batch_that_would_leave_a_gap_is_not_written(pool: Pool) -> None:
    await put(pool, 0, 10)

    with pytest.raises(OffsetMovedError, match=r"up to offset 10, .* begins at 12: 2 offsets"):
        await put(pool, 12, 20)

    assert await stored_offsets(pool) == list(range(10))
    assert await next_offset(pool, "rawticker", 0) == 10


async def test_offsets_that_kafka_does_not_hold_are_no_gap(pool: Pool) -> None:
    await put(pool, 0, 10)
    offsets = [40, 42, 49]
    rows = [row for offset in offsets for row in ticker_rows(range(offset, offset + 1))]

    written = await write(pool, TICKERS, "rawticker", 0, 10, 60, rows, offsets)

    assert (written.rows, written.next) == (3, 60)
    assert await stored_offsets(pool) == [*range(10), *offsets]


async def test_a_batch_whose_records_were_all_rejected_still_moves_the_offset(pool: Pool) -> None:
    written = await write(pool, TICKERS, "rawticker", 0, 5, 9, [], [])

    assert written == Written(rows=0, skipped=0, expired=0, refused=(), next=9)
    assert await next_offset(pool, "rawticker", 0) == 9


async def test_partitions_and_topics_move_apart(pool: Pool) -> None:
    await put(pool, 0, 10)

    assert await next_offset(pool, "rawticker", 1) is None
    assert await next_offset(pool, "rawtrade", 0) is None


async def test_rows_that_the_database_refuses_are_named_and_the_rest_lands(pool: Pool) -> None:
    offsets = range(100)
    rows = ticker_rows(offsets)
    rows[17] = TICKERS.to_row(a_ticker(pair="BTC\x00/USD"), 0, 17)
    rows[18] = TICKERS.to_row(a_ticker(event_time_s=1e18), 0, 18)
    rows[99] = TICKERS.to_row(a_ticker(pair="BTC/\ud800"), 0, 99)

    written = await write(pool, TICKERS, "rawticker", 0, 0, 100, rows, offsets)

    assert (written.rows, written.next) == (97, 100)
    assert [refused.offset for refused in written.refused] == [17, 18, 99]
    assert "0x00" in written.refused[0].error
    assert written.refused[1].error == "timestamp must lie before the year 10000, was 1e+18 s"
    assert await stored_offsets(pool) == [o for o in offsets if o not in (17, 18, 99)]
    assert await next_offset(pool, "rawticker", 0) == 100


async def test_refused_rows_are_handed_over_before_their_offset_moves(
    concurrent: Server, pool: Pool
) -> None:
    rows = [TICKERS.to_row(a_ticker(pair="\x00"), 0, 0)]
    seen: list[tuple[int, int | None]] = []

    async def refuse(refused: Sequence[Refused]) -> None:
        seen.append((refused[0].offset, await next_offset(pool, "rawticker", 0)))
        raise RuntimeError("the dead-letter topic is gone")

    with pytest.raises(RuntimeError):
        await write(pool, TICKERS, "rawticker", 0, 0, 1, rows, [0], refuse=refuse)

    assert seen == [(0, None)]
    assert await next_offset(pool, "rawticker", 0) is None


async def test_rows_older_than_the_retention_are_counted_and_not_written(pool: Pool) -> None:
    keep_since = NOON + timedelta(seconds=4)

    written = await put(pool, 0, 10, keep_since=keep_since)

    assert written == Written(rows=6, skipped=0, expired=4, refused=(), next=10)
    assert await stored_offsets(pool) == list(range(4, 10))
