"""Candles of tickers: from the hourly aggregate where whole hours are asked for, else from rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptoviz.timescale import cursor as cursors
from cryptoviz.timescale.page import Page, cut, fetch
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.statements import query

# The same origin as in the statements, so that both sides cut time at the same instants.
_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


async def candles(
    pool: Pool,
    pair: str,
    step: timedelta,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None = None,
) -> Page:
    """Return at most *limit* candles of *pair* that begin in [start, end), newest first.

    *step* is their length: a divisor of an hour, or whole hours. A candle's `bucket` is its
    start, on a multiple of *step* in UTC; a time without tickers has no candle. Over several hours
    `avg_volume` is the mean of the hours' means, elsewhere that of the tickers. A page of candles
    below an hour may hold fewer than *limit* though more follow: `next_cursor` says so. Raises
    `cursor.CursorError`, and `ValueError` for another step.
    """
    if step <= timedelta(0) or (_HOUR % step and step % _HOUR):
        raise ValueError(f"step must divide an hour, or be whole hours, was {step}")
    order = f"candles {step.total_seconds():g}"
    first, stop = _not_before(start, step), _not_before(end, step)
    if cursor is not None:
        stop = min(stop, _not_before(cursors.decode(cursor, order, ())[0], step))
    if step % _HOUR == timedelta(0):
        statement = query("candles_of_hours")
        row = await fetch(pool, statement, pair, first, stop, step, limit + 1)
        return cut(row, limit, order, ())
    return await _of_ticks(pool, pair, step, first, stop, limit, order)


async def _of_ticks(
    pool: Pool,
    pair: str,
    step: timedelta,
    first: datetime,
    stop: datetime,
    limit: int,
    order: str,
) -> Page:
    # Only the rows of the newest `limit` steps are read, counted from where there are rows.
    newest = await _newest_tick(pool, pair, first, stop)
    if newest is None:
        return Page(b"[]", 0, None)
    stop = _not_before(newest + timedelta(microseconds=1), step)
    bottom = max(first, stop - limit * step)
    row = await fetch(pool, query("candles_of_ticks"), pair, bottom, stop, step)
    more = await _newest_tick(pool, pair, first, bottom)
    following = None if more is None else cursors.encode(order, bottom, ())
    return Page(f"[{row['body'] or ''}]".encode(), row["found"], following)


async def _newest_tick(pool: Pool, pair: str, start: datetime, end: datetime) -> datetime | None:
    row = await fetch(pool, query("newest_tick"), pair, start, end)
    newest: datetime | None = row[0]
    return newest


def _not_before(time: datetime, step: timedelta) -> datetime:
    """Return the first multiple of *step* that is not before *time*."""
    return time + (_ORIGIN - time) % step
