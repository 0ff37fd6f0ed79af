"""Pages of stored results with the rows of the live tables over and among them.

Every page has them, not only the one that reaches now: what was published before the first page
was read is not told by the stream behind it, and may not be stored when a later one is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from cryptoviz.feeds.cursor import Cursor
from cryptoviz.settings import current
from cryptoviz.timescale import cursor as cursors
from cryptoviz.timescale.page import Feed, Page, begin
from web import overlay
from web.answers import Answer, Refusal
from web.live_rows import known
from web.overlay import Seen, merged, with_floors
from web.pages import STORED_AFTER, Asked, paged

Row = dict[str, Any]
Place = tuple[Any, ...]


async def stream_start(asked: Asked, table: str, feed: str) -> Cursor | None:
    """Return the cursor of now if a stream goes on from the page; to be read before its rows."""
    if not asked.is_newest:
        return None
    known(table)
    return await overlay.stream_start(feed)


def begin_of(asked: Asked, order: Feed) -> datetime:
    """Return the time at which the page that is *asked* begins; rows of that time may be in it."""
    return begin(order, asked.period.end, asked.query.cursor)[0]


async def live_rows(asked: Asked, order: Feed, read: Awaitable[list[Row]]) -> list[Row]:
    """Return what *read* finds in the live tables.

    Without them a page can do that lies, by the clock, before all that they keep.
    """
    try:
        return await read
    except Refusal:
        if begin_of(asked, order) < datetime.now(UTC) - _longest_kept() - STORED_AFTER:
            return []
        raise


def page_of(
    asked: Asked,
    order: Feed,
    stored: Page,
    live: Iterable[Row],
    cursor: Cursor | None,
    seen: Callable[[Iterable[Row]], Iterable[Seen]],
) -> Answer:
    """Return the page of the rows of *stored* with those of *live* over and among them.

    *live* must have the newest rows of the page, one more than it may show. *cursor*, if a stream
    goes on from the page, must have been read before both; *seen* tells what its client has seen.
    """

    def place(row: Row) -> Place:
        return datetime.fromisoformat(row["timestamp"]), *(row[tie] for tie in order.ties)

    kept, limit, more = orjson.loads(stored.body), asked.query.limit, stored.next_cursor
    time, ties = begin(order, asked.period.end, asked.query.cursor)
    behind: Place = (time, *ties)
    # Older rows are on the pages behind this one.
    oldest = place(kept[-1]) if more else (asked.period.start,)
    rows = merged(
        kept, (row for row in live if oldest <= place(row) < behind), place, lambda row: row
    )
    if len(rows) > limit:
        rows = rows[:limit]
        time, *ties = place(rows[-1])
        more = cursors.encode(order.name, time, ties)
    stream = None if cursor is None else with_floors(cursor, seen(rows))
    return paged(asked, Page(orjson.dumps(rows)[1:-1], len(rows), more), stream)


def _longest_kept() -> timedelta:
    settings = current()
    # Predictions stay until their outcome is known.
    waiting_s = max(settings.prediction_horizons, default=0) + 2 * settings.price_size
    return timedelta(seconds=settings.table_retention + settings.lateness + waiting_s)
