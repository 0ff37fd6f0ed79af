"""The stretch of time that a history query asks for, from its parameters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

PeriodName = Literal["1min", "5min", "15min", "30min", "1h", "24h", "7d", "30d"]
PERIODS: dict[PeriodName, timedelta] = {
    "1min": timedelta(minutes=1),
    "5min": timedelta(minutes=5),
    "15min": timedelta(minutes=15),
    "30min": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
# Before the first block of Bitcoin there is nothing to ask for, and PostgreSQL's time is wider
# than Python's, so that a sum of the two never overflows.
EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)


class PeriodError(ValueError):
    """A time parameter is wrong; the message names *parameter* and its *value*."""

    def __init__(self, parameter: str, value: str, must: str) -> None:
        self.parameter, self.value = parameter, value
        super().__init__(f"{parameter} must {must}, was {value[:100]!r}")


class Period(NamedTuple):
    """Half-open, [start, end), in UTC. *reaches_now* when no end was asked for."""

    start: datetime
    end: datetime
    reaches_now: bool


def period(name: PeriodName, start: str | None, end: str | None, now: datetime) -> Period:
    """Return the period of the parameters `periode`, `date_debut` and `date_fin`.

    The end defaults to *now*, the start to one `periode` before the end, but not before 2009,
    where there is nothing. Raises `PeriodError`.
    """
    stop = now if end is None else _time("date_fin", end)
    begin = max(stop - PERIODS[name], EARLIEST) if start is None else _time("date_debut", start)
    if begin > stop:
        if start is None:
            raise PeriodError("date_fin", end or "", "not lie before 2009-01-03")
        raise PeriodError("date_debut", start, f"not lie after the end, {stop.isoformat()}")
    return Period(begin, stop, end is None)


def _time(name: str, text: str) -> datetime:
    try:
        # An unescaped + in a URL's query arrives as a space.
        time = datetime.fromisoformat(text.replace(" ", "+") if text.count(" ") == 1 else text)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise PeriodError(name, text, "be an ISO 8601 time") from None
    return max(time, EARLIEST) if name == "date_debut" else _not_too_early(name, text, time)


def _not_too_early(name: str, text: str, time: datetime) -> datetime:
    if time < EARLIEST:
        raise PeriodError(name, text, "not lie before 2009-01-03")
    return time
