"""Puts the windows of the live tables over stored rows, so that history reaches now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from cryptoviz.feeds.cursor import Cursor, Rank, WindowKey
from cryptoviz.settings import current
from web.answers import unavailable
from web.feeds import live

# How long a change may be on its way from a table to the feeds' reader.
ON_ITS_WAY = timedelta(seconds=120)


class Seen(NamedTuple):
    """A window that an answer shows: where it is told of in the feed, and in which state."""

    key: WindowKey
    rank: Rank
    end: datetime


async def stream_start(feed: str) -> Cursor:
    """Return the cursor of now, to be read before the windows are; raises `Refusal` (503)."""
    try:
        return await live.now(feed)
    except TimeoutError:
        raise unavailable("Kafka does not answer.") from None


def merged(
    stored: Iterable[dict[str, Any]],
    shown: Iterable[Any],
    key_of: Callable[[Any], Any],
    row_of: Callable[[Any], dict[str, Any]],
) -> list[dict[str, Any]]:
    """Return rows, newest first: of a window that is in both, the state of higher rank."""
    # PostgreSQL writes +00:00 where all else writes Z; one answer has one spelling.
    spelled = ({name: _spelled(value) for name, value in row.items()} for row in stored)
    rows = {key_of(row): row for row in spelled}
    for window in shown:
        row = row_of(window)
        known = rows.get(key_of(row))
        if known is None or _rank(known) <= _rank(row):
            rows[key_of(row)] = row
    return [rows[key] for key in sorted(rows, reverse=True)]


def with_floors(cursor: Cursor, seen: Iterable[Seen]) -> str:
    """Return the text of *cursor* for a client that has been shown the windows *seen*."""
    set_floors(cursor, seen)
    return str(cursor)


def set_floors(cursor: Cursor, seen: Iterable[Seen]) -> None:
    """Note in *cursor* which states of windows its client has been shown.

    A change of one of them may have been read from its table, but not yet from the feed. A
    window that the feed told of before, in just this state, needs no note; nor does a final one
    that is so old that nothing of it can be on its way.
    """
    oldest = datetime.now(UTC) - timedelta(seconds=current().lateness) - ON_ITS_WAY
    told_since = _told_since(cursor)
    for window in seen:
        log = live.hub.logs.get(window.key.feed)
        told = None if log is None else log.freshness.rank(window.key)
        if told == window.rank and window.key not in told_since:
            continue
        if told is not None or not window.rank.final or window.end > oldest:
            cursor.floors[window.key] = window.rank


def _told_since(cursor: Cursor) -> set[WindowKey]:
    """Return the windows that the feeds have told of behind *cursor*."""
    return {
        message.window
        for feed, positions in cursor.positions.items()
        for message in live.hub.logs[feed].since([position or 0 for position in positions])
        if message.window is not None
    }


def _spelled(value: Any) -> Any:
    is_utc = isinstance(value, str) and value.endswith("+00:00")
    return f"{value[:-6]}Z" if is_utc else value


def _rank(row: dict[str, Any]) -> tuple[int, bool]:
    return row["revision"] or 0, row["final"]
