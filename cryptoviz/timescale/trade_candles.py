"""Candles of stored trades, the same as the live tables fold, for times that these let go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptoviz.timescale.page import fetch
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.statements import query

_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)


async def trade_candles(
    pool: Pool,
    pair: str,
    step: timedelta,
    start: datetime,
    end: datetime,
    limit: int,
    final_before: datetime,
) -> tuple[bytes, bool]:
    """Return candles of *pair* that begin in [start, end), newest first, as a JSON array.

    They are those of the newest *limit* steps that are not all empty; the second value tells
    whether there are older ones in the range. A candle that ends after *final_before* is not
    final.
    """
    first, stop = _not_before(start, step), _not_before(end, step)
    newest = await _newest_trade(pool, pair, first, stop)
    if newest is None:
        return b"[]", False
    stop = _not_before(newest + timedelta(microseconds=1), step)
    bottom = max(first, stop - limit * step)
    row = await fetch(pool, query("candles_of_trades"), pair, bottom, stop, step, final_before)
    older = await _newest_trade(pool, pair, first, bottom)
    return f"[{row['body'] or ''}]".encode(), older is not None


async def _newest_trade(pool: Pool, pair: str, start: datetime, end: datetime) -> datetime | None:
    newest: datetime | None = (await fetch(pool, query("newest_trade"), pair, start, end))[0]
    return newest


def _not_before(time: datetime, step: timedelta) -> datetime:
    """Return the first multiple of *step* that is not before *time*."""
    return time + (_ORIGIN - time) % step
