"""Pages of stored rows in a range of time, newest first.

Ranges are half-open, [start, end). *limit* is at least 1. *cursor* is the `next_cursor` of the
page before, or None; `cursor.CursorError` names one that is not. Bodies are JSON arrays of objects
whose fields are the columns of `spec`'s tables; times are ISO 8601 in UTC. A filter that is None
lets every row pass.
"""

from __future__ import annotations

from datetime import datetime

from cryptoviz.timescale.gather import Gather
from cryptoviz.timescale.page import Feed, Page, read
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.statements import query

__all__ = [
    "PREDICTIONS",
    "SENTIMENT",
    "Page",
    "alerts",
    "articles",
    "predictions",
    "sentiment",
    "tickers",
    "trades",
]

_SOURCE_TIES = ("partition", "offset")
_OF_PAIR = ("timestamptz", "timestamptz", "bigint", "bigint", "bigint", "text")
_TICKERS = Feed("tickers", _SOURCE_TIES, (int, int), Gather(query("tickers"), _OF_PAIR))
_TRADES = Feed("trades", _SOURCE_TIES, (int, int), Gather(query("trades"), _OF_PAIR))
_ARTICLES = Feed("articles", _SOURCE_TIES, (int, int))
_ALERTS = Feed("alerts", _SOURCE_TIES, (int, int))
SENTIMENT = Feed("sentiment", ("source",), (str,))
PREDICTIONS = Feed("predictions", ("pair", "model_name", "horizon"), (str, str, int))


async def tickers(
    pool: Pool,
    pair: str,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None = None,
) -> Page:
    """Return a page of the tickers of *pair*."""
    return await read(pool, _TICKERS, "tickers", start, end, limit, cursor, pair)


async def trades(
    pool: Pool,
    pair: str,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None = None,
) -> Page:
    """Return a page of the trades of *pair*."""
    return await read(pool, _TRADES, "trades", start, end, limit, cursor, pair)


async def articles(
    pool: Pool,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None = None,
    *,
    crypto: str | None = None,
    website: str | None = None,
    label: str | None = None,
) -> Page:
    """Return a page of the articles that mention *crypto*, are of *website*, and have *label*."""
    filters = (website, label)
    if crypto is None:
        return await read(pool, _ARTICLES, "articles", start, end, limit, cursor, *filters)
    statement = "articles_of_crypto"
    return await read(pool, _ARTICLES, statement, start, end, limit, cursor, *filters, crypto)


async def alerts(
    pool: Pool,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None = None,
    *,
    pair: str | None = None,
    kind: str | None = None,
) -> Page:
    """Return a page of the alerts of *pair* and of *kind*, PRICE_UP or PRICE_DOWN."""
    if pair is None:
        return await read(pool, _ALERTS, "alerts", start, end, limit, cursor, kind)
    statement = "alerts_of_pair"
    return await read(pool, _ALERTS, statement, start, end, limit, cursor, kind, pair)


async def sentiment(
    pool: Pool,
    crypto: str,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None = None,
) -> Page:
    """Return a page of the sentiment windows of *crypto*, by the time of their end."""
    return await read(pool, SENTIMENT, "sentiment", start, end, limit, cursor, crypto)


async def predictions(
    pool: Pool,
    crypto: str,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None = None,
    *,
    model: str | None = None,
) -> Page:
    """Return a page of the predictions for *crypto*, by the time predicted for."""
    return await read(pool, PREDICTIONS, "predictions", start, end, limit, cursor, crypto, model)
