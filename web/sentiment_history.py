"""`/api/v1/sentiment/{symbol}/historique/`: stored rows, and windows still open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
from faust.types.web import Request, View

from cryptoviz.feeds.cursor import Rank, WindowKey
from cryptoviz.timescale import history
from tables.sentiment import USUAL_S, sentiment
from tables.sizes import label
from web import pages
from web.answers import Answer, encode
from web.known import known_crypto
from web.laid_over import begin_of, live_rows, page_of, stream_start
from web.live_rows import known, windows
from web.operation import answers, page
from web.overlay import Seen
from web.pages import Asked
from web.queries import CryptoText, HistoryQuery, crypto_of
from web.shapes import decode_sentiment, sentiment_row
from web.stored import CryptoHistory, SentimentRow

PROBLEMS = (400, 404, 503)
# Windows of every size are told of here; those that are not of the usual one have it in their name.
FEED = "sentiment"
Row = dict[str, Any]


@page("/api/v1/sentiment/{symbol}/historique/")
@answers(CryptoHistory[SentimentRow], problems=PROBLEMS, cached_s=1.0, tabular=True)
async def sentiment_history(
    view: View, request: Request, symbol: CryptoText, query: HistoryQuery
) -> Answer:
    """Return the sentiment windows of a crypto by their end, newest first, open ones included."""
    crypto = crypto_of(symbol)
    asked = Asked(request, query, {"crypto_symbol": crypto})
    connections = await pages.pool()
    # In this order: what is published while the rows are read comes in the stream.
    cursor = await stream_start(asked, sentiment.name, FEED)
    # A window is filed under its end, which of an open one is still to come.
    end = asked.reach(timedelta(seconds=sentiment.size_s))
    stored = await history.sentiment(
        connections, crypto, asked.period.start, end, query.limit, query.cursor
    )
    live = await live_rows(asked, history.SENTIMENT, _live(asked, crypto))
    answer = page_of(asked, history.SENTIMENT, stored, live, cursor, _seen)
    if not asked.rows and not await known_crypto(crypto):
        raise asked.unknown("symbol", symbol)
    return answer


async def _live(asked: Asked, crypto: str) -> list[Row]:
    known(sentiment.name)
    # By their start. One that ends when the page begins is not in it, and one is behind it.
    low = int(asked.period.start.timestamp()) - sentiment.size_s
    high = int(begin_of(asked, history.SENTIMENT).timestamp()) - sentiment.size_s + 1
    span = f"{low}..{max(low, high)}"
    values = await windows(sentiment.name, crypto, asked.query.limit + 2, span)
    return [orjson.loads(encode(sentiment_row(decode_sentiment(value)))) for value in values]


def _seen(rows: Iterable[Row]) -> Iterator[Seen]:
    size = "" if sentiment.size_s == USUAL_S else f":{label(sentiment.size_s)}"
    for row in rows:
        start = int(datetime.fromisoformat(row["window_start"]).timestamp())
        key = WindowKey(FEED, row["crypto_symbol"] + size, start)
        end = datetime.fromisoformat(row["timestamp"])
        yield Seen(key, Rank(row["revision"], row["final"]), end)
