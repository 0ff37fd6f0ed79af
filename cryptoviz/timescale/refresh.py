"""Keep the aggregates true to rows that come late.

A continuous aggregate answers for hours that it has materialised without looking at the raw rows
again, and its policy looks back three days only. So whoever writes rows notes those of past hours
here, and calls `refresh_due` now and then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptoviz.timescale.failures import sentence, transient
from cryptoviz.timescale.pool import Pool, acquire
from cryptoviz.timescale.retention import keep_since
from cryptoviz.timescale.statements import query

log = logging.getLogger(__name__)

# Raw table -> the aggregates made from it.
AGGREGATES = {
    "ticker_data": ("ticker_ohlc_hourly",),
    "trade_data": ("trade_ohlc_minute", "trade_ohlc_hourly"),
    "sentiment_data": ("sentiment_hourly",),
}

REFRESH_TIMEOUT_S = 600.0
_HOUR = timedelta(hours=1)
_HOUR_S = 3600
# By how far the database's clock, which retention goes by, may be behind ours; at least an hour.
_CLOCK_MARGIN = timedelta(hours=2)


@dataclass(frozen=True)
class Window:
    """Hours of an aggregate, [start, end); without a start from the beginning."""

    aggregate: str
    start: datetime | None
    end: datetime


@dataclass
class _Due:
    """What one aggregate is behind with: *hours*, and all from *materialised_to* on."""

    materialised_to: datetime | None
    hours: set[datetime] = field(default_factory=set)


class AggregateRefresher:
    """Collects the hours that late rows have changed, and refreshes them at most so often.

    It begins with all that is retained, since a predecessor may have ended between its last
    write and its refresh; hours that did not change cost nothing.
    """

    def __init__(self, *, retention_days: int | Literal["off"], interval_s: float = 60.0) -> None:
        """Refresh at most every *interval_s* seconds, and never what retention may have dropped."""
        self._retention_days = retention_days
        self._interval = timedelta(seconds=interval_s)
        self._last: datetime | None = None
        self._exist: bool | None = None
        self._beginning = 0
        self._due = {name: _Due(None) for names in AGGREGATES.values() for name in names}

    def begin_anew(self) -> None:
        """Refresh all that is retained once more: others may have left hours that they changed."""
        self._beginning += 1
        for due in self._due.values():
            due.materialised_to = None

    def note(self, table: str, times: Iterable[datetime], now: datetime) -> None:
        """Remember that rows of *table* with these *times*, in UTC, have been written at *now*.

        Times of the last two hours need no refresh, and tables without an aggregate none at all.
        """
        aggregates = AGGREGATES.get(table)
        if aggregates is None:
            return
        settled = _settled(now)
        # A row whose time is no datetime is refused, and changes nothing.
        hours = {
            time.replace(minute=0, second=0, microsecond=0)
            for time in times
            if isinstance(time, datetime) and time < settled
        }
        for aggregate in aggregates:
            self._due[aggregate].hours |= hours

    async def refresh_due(self, pool: Pool, now: datetime) -> list[Window]:
        """Refresh what is due, and return it; nothing before the interval is over.

        A window whose refresh fails for a passing reason stays due.
        """
        if self._last is not None and now < self._last + self._interval:
            return []
        if self._exist is None:
            async with acquire(pool) as connection:
                self._exist = bool(await connection.fetchval(query("aggregates_exist")))
        if not self._exist:
            for due in self._due.values():
                due.hours.clear()
            return []
        self._last = now
        done = []
        for aggregate, due in self._due.items():
            done += await self._refresh(pool, aggregate, due, now)
        return done

    async def _refresh(self, pool: Pool, aggregate: str, due: _Due, now: datetime) -> list[Window]:
        # Rows that are noted while this waits for the database must not be lost.
        hours, due.hours = due.hours, set()
        settled, beginning = _settled(now), self._beginning
        windows = self._windows(aggregate, due.materialised_to, hours, now)
        for index, window in enumerate(windows):
            try:
                await refresh(pool, window)
            except Exception as error:
                due.hours |= hours
                if not transient(error):
                    raise
                log.warning("%s is not refreshed yet: %s", aggregate, sentence(error))
                return windows[:index]
        if beginning == self._beginning:
            due.materialised_to = settled
        return windows

    def _windows(
        self, aggregate: str, materialised_to: datetime | None, hours: set[datetime], now: datetime
    ) -> list[Window]:
        settled = _settled(now)
        kept = keep_since(self._retention_days, now)
        # The raw rows of older hours may be dropped: a refresh would empty those hours.
        oldest = None if kept is None else _hour(kept) + _CLOCK_MARGIN
        if materialised_to is None:
            return [Window(aggregate, oldest, settled)]
        recent = {
            materialised_to + index * _HOUR for index in range((settled - materialised_to) // _HOUR)
        }
        changed = sorted(hour for hour in hours | recent if oldest is None or hour >= oldest)
        return [Window(aggregate, start, end) for start, end in _joined(changed)]


async def refresh(pool: Pool, window: Window) -> None:
    """Materialise the changed hours of *window* now, however long that takes within reason."""
    async with acquire(pool) as connection:
        await connection.fetchval(
            query("set_statement_timeout"), f"{round(REFRESH_TIMEOUT_S * 1000)}ms"
        )
        try:
            await connection.execute(
                query("refresh_aggregate"),
                window.aggregate,
                window.start,
                window.end,
                timeout=REFRESH_TIMEOUT_S,
            )
        finally:
            if not connection.is_closed():
                await connection.execute(query("reset_statement_timeout"))


def _settled(now: datetime) -> datetime:
    """Return the end of the hours that the policies materialise at *now*."""
    return _hour(now - _HOUR)


def _hour(time: datetime) -> datetime:
    second = int(time.timestamp())
    return datetime.fromtimestamp(second - second % _HOUR_S, UTC)


def _joined(hours: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """Return the ranges that *hours*, in their order, make when neighbours are joined."""
    ranges: list[tuple[datetime, datetime]] = []
    for hour in hours:
        if ranges and ranges[-1][1] == hour:
            ranges[-1] = (ranges[-1][0], hour + _HOUR)
        else:
            ranges.append((hour, hour + _HOUR))
    return ranges
