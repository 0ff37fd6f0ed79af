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
    rows = {key_of(row): row for row in stored}
    for window in shown:
        row = row_of(window)
        known = rows.get(key_of(row))
        if known is None or _rank(known) <= _rank(row):
            rows[key_of(row)] = row
    return [rows[key] for key in sorted(rows, reverse=True)]


def with_floors(cursor: Cursor, seen: Iterable[Seen]) -> str:
    """Return the text of *cursor* for a client that has been shown the windows *seen*.

    A change of one of them may have been read from its table, but not yet from the feed. Old
    windows do not change any more, so nothing of them is on its way.
    """
    oldest = datetime.now(UTC) - timedelta(seconds=current().lateness) - ON_ITS_WAY
    cursor.floors = {each.key: each.rank for each in seen if each.end > oldest}
    return str(cursor)


def _rank(row: dict[str, Any]) -> tuple[int, bool]:
    return row["revision"] or 0, row["final"]
