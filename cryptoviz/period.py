"""The stretch of time that a history query asks for, from its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

PERIODS = {
    "1min": timedelta(minutes=1),
    "5min": timedelta(minutes=5),
    "15min": timedelta(minutes=15),
    "30min": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
DEFAULT_PERIOD = "24h"


class Period(NamedTuple):
    """Half-open, [start, end), in UTC."""

    start: datetime
    end: datetime


def period(query: Mapping[str, str], now: datetime) -> Period:
    """Return the period of *query*'s `periode`, `date_debut` and `date_fin`.

    `date_fin` defaults to *now*, `date_debut` to one `periode` (24h) before the end. Raises
    `ValueError`, with a sentence that names the parameter and its value.
    """
    name = query.get("periode", DEFAULT_PERIOD)
    if name not in PERIODS:
        raise ValueError(f"periode must be one of {', '.join(PERIODS)}, was {name!r}")
    end = _time(query, "date_fin") or now
    start = _time(query, "date_debut")
    try:
        found = Period(end - PERIODS[name] if start is None else start, end)
    except OverflowError:
        raise ValueError(f"date_fin must lie later, was {query['date_fin']!r}") from None
    if found.start > found.end:
        raise ValueError(
            f"date_debut must not lie after date_fin, was {query['date_debut']!r} "
            f"with {end.isoformat()} as the end"
        )
    return found


def _time(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        # An unescaped + in a URL's query arrives as a space.
        time = datetime.fromisoformat(text.replace(" ", "+") if text.count(" ") == 1 else text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} must be an ISO 8601 time, was {text!r}") from None
