"""`/api/v1/sentiment/{symbol}/historique/`: stored rows, and windows still open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from faust.types.web import Request, View

from cryptoviz.feeds.cursor import Rank, WindowKey
from cryptoviz.timescale import cursor as cursors
from cryptoviz.timescale import history
from cryptoviz.timescale.page import Page
from tables.sentiment import sentiment
from web import overlay, pages
from web.answers import Answer, encode
from web.known import known_crypto
from web.live_rows import known, windows
from web.operation import answers, page
from web.overlay import Seen
from web.pages import Asked, paged
from web.queries import CryptoText, HistoryQuery, crypto_of
from web.shapes import decode_sentiment, sentiment_row
from web.stored import CryptoHistory, SentimentRow

PROBLEMS = (400, 404, 503)
Row = dict[str, Any]


@page("/api/v1/sentiment/{symbol}/historique/")
@answers(CryptoHistory[SentimentRow], problems=PROBLEMS, cached_s=1.0, tabular=True)
async def sentiment_history(
    view: View, request: Request, symbol: CryptoText, query: HistoryQuery
) -> Answer:
    """Return the sentiment windows of a crypto by their end, newest first, open ones included."""
    crypto = crypto_of(symbol)
    asked = Asked(request, query, {"crypto_symbol": crypto})
    answer = await (_newest(asked, crypto) if asked.is_newest else _stored(asked, crypto))
    if not asked.rows and not await known_crypto(crypto):
        raise asked.unknown("symbol", symbol)
    return answer


async def _stored(asked: Asked, crypto: str) -> Answer:
    period, query = asked.period, asked.query
    connections = await pages.pool()
    return paged(
        asked,
        await history.sentiment(
            connections, crypto, period.start, period.end, query.limit, query.cursor
        ),
    )


async def _newest(asked: Asked, crypto: str) -> Answer:
    limit, start = asked.query.limit, asked.period.start
    connections = await pages.pool()
    known(sentiment.name)
    # In this order: what is published while the rows are read comes in the stream.
    cursor = await overlay.stream_start(sentiment.name)
    # A window is filed under its end, which of an open one is still to come.
    end = asked.reach(timedelta(seconds=sentiment.size_s))
    stored = await history.sentiment(connections, crypto, start, end, limit)
    shown = await windows(sentiment.name, crypto, limit)
    rows = overlay.merged(
        orjson.loads(stored.body),
        (window for value in shown if _is_within(window := decode_sentiment(value), stored, start)),
        _key,
        lambda window: orjson.loads(encode(sentiment_row(window))),
    )
    more = stored.next_cursor
    if len(rows) > limit:
        rows = rows[:limit]
        time, source = _key(rows[-1])
        more = cursors.encode("sentiment", time, [source])
    stream = overlay.with_floors(cursor, (_seen(row) for row in rows))
    return paged(asked, Page(orjson.dumps(rows), len(rows), more), stream)


def _is_within(window: Any, stored: Page, start: datetime) -> bool:
    oldest = start
    if stored.next_cursor is not None:
        # Older windows are on the pages behind this one.
        oldest = _key(orjson.loads(stored.body)[-1])[0]
    return bool(window.window_end >= oldest.timestamp())


def _key(row: Row) -> tuple[datetime, str]:
    return datetime.fromisoformat(row["timestamp"]), row["source"]


def _seen(row: Row) -> Seen:
    start = int(datetime.fromisoformat(row["window_start"]).timestamp())
    key = WindowKey(sentiment.name, row["crypto_symbol"], start)
    return Seen(key, Rank(row["revision"], row["final"]), _key(row)[0])
