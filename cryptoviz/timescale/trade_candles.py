"""Candles of stored trades, the same as the live tables fold, for times that these let go.

TimescaleDB answers from its aggregates: steps of whole hours from `trade_ohlc_hourly`, shorter
ones from `trade_ohlc_minute`; and from the rows for the newest hour or two, which these have not
materialised yet. Plain PostgreSQL answers from the rows of just the steps that are shown.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptoviz.timescale.fetch import fetch
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.statements import query

# The same origin as in the statements, so that both sides cut time at the same instants.
_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


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

    *step* is their length: whole minutes that divide an hour, or whole hours; else raises
    `ValueError`. A candle begins at a multiple of it in UTC; a time without trades has none.
    They are those of the newest *limit* steps that are not all empty; the second value tells
    whether there are older ones in the range. A candle that ends after *final_before* is not
    final.
    """
    if step < _MINUTE or step % _MINUTE or (_HOUR % step and step % _HOUR):
        raise ValueError(f"step must be minutes that divide an hour, or whole hours, was {step}")
    first, stop = _not_before(start, step), _not_before(end, step)
    newest = await _newest(pool, pair, first, stop, step)
    if newest is None:
        return b"[]", False
    stop = _not_before(newest + timedelta(microseconds=1), step)
    bottom = max(first, stop - limit * step)
    row = await fetch(pool, query("candles_of_trades"), pair, bottom, stop, step, final_before)
    older = await _newest(pool, pair, first, bottom, step)
    return f"[{row['body'] or ''}]".encode(), older is not None


async def _newest(
    pool: Pool, pair: str, start: datetime, end: datetime, step: timedelta
) -> datetime | None:
    newest: datetime | None = (await fetch(pool, query("newest_trade"), pair, start, end, step))[0]
    return newest


def _not_before(time: datetime, step: timedelta) -> datetime:
    """Return the first multiple of *step* that is not before *time*."""
    return time + (_ORIGIN - time) % step
