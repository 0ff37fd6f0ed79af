"""`/api/v1/{ticker,trade,article,alert}/…/historique/`: rows of the database, newest first.

A first page that reaches now carries a `stream` cursor: the offsets up to which its topic is
stored, read in the same snapshot. What comes behind it is in the stream, once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from faust.types.web import Request, View

from cryptoviz.feeds.cursor import position_text
from cryptoviz.settings import current
from cryptoviz.timescale import history, seam
from cryptoviz.timescale.history import Page
from web import feeds
from web.answers import Answer, bad_parameter
from web.channels import resume
from web.known import known_pair
from web.operation import answers, page
from web.pages import Asked, paged, pool
from web.parameters import shown
from web.queries import (
    AlertQuery,
    ArticleQuery,
    HistoryQuery,
    PairText,
    crypto_of,
    no_nul,
    pair_of,
)
from web.stored import AlertRow, ArticleRow, History, PairHistory, TickerRow, TradeRow

PROBLEMS = (400, 404, 503)


@page("/api/v1/ticker/{pair:.+}/historique/")
@answers(PairHistory[TickerRow], problems=PROBLEMS, cached_s=1.0, tabular=True)
async def ticker_history(
    view: View, request: Request, pair: PairText, query: HistoryQuery
) -> Answer:
    """Return the tickers of a pair, newest first."""
    return await _of_pair(request, "ticker", "tickers", history.tickers, pair, query)


@page("/api/v1/trade/{pair:.+}/historique/")
@answers(PairHistory[TradeRow], problems=PROBLEMS, cached_s=1.0, tabular=True)
async def trade_history(
    view: View, request: Request, pair: PairText, query: HistoryQuery
) -> Answer:
    """Return the trades of a pair, newest first."""
    return await _of_pair(request, "trade", "trades", history.trades, pair, query)


@page("/api/v1/article/historique/")
@answers(History[ArticleRow], problems=(400, 503), cached_s=1.0, tabular=True)
async def article_history(view: View, request: Request, query: ArticleQuery) -> Answer:
    """Return the articles about a crypto, of a website and with a label; newest first."""
    crypto = None if query.crypto is None else crypto_of(query.crypto, "crypto")
    website = no_nul("website", query.website)
    asked = Asked(request, query, {})

    read = partial(history.articles, crypto=crypto, website=website, label=query.label)
    rows = "articles" if crypto is None else "articles_of_crypto"
    filters = (website, query.label) if crypto is None else (website, query.label, crypto)
    return await _page(asked, "article", rows, filters, read)


@page("/api/v1/alert/historique/")
@answers(History[AlertRow], problems=(400, 503), cached_s=1.0, tabular=True)
async def alert_history(view: View, request: Request, query: AlertQuery) -> Answer:
    """Return the alerts of a pair and a type, newest first."""
    pair = None if query.pair is None else pair_of(query.pair)
    asked = Asked(request, query, {})

    read = partial(history.alerts, pair=pair, kind=query.type)
    rows = "alerts" if pair is None else "alerts_of_pair"
    filters = (query.type,) if pair is None else (query.type, pair)
    return await _page(asked, "alert", rows, filters, read)


async def _of_pair(
    request: Request,
    feed: str,
    rows: str,
    of_pair: Callable[..., Awaitable[Page]],
    pair: str,
    query: HistoryQuery,
) -> Answer:
    name = pair_of(pair)
    asked = Asked(request, query, {"pair": name})
    answer = await _page(
        asked, feed, rows, (name,), lambda pool, *where: of_pair(pool, name, *where)
    )
    if not asked.rows and not await known_pair(name):
        raise asked.unknown("pair", pair)
    return answer


async def _page(
    asked: Asked,
    feed: str,
    rows: str,
    filters: tuple[str | None, ...],
    read: Callable[..., Awaitable[Page]],
) -> Answer:
    period, query = asked.period, asked.query
    connections = await pool()
    if query.as_of is not None and query.cursor is not None:
        page = await seam.older(
            connections,
            rows,
            period.start,
            period.end,
            query.limit,
            query.cursor,
            _offsets(feed, query.as_of),
            *filters,
        )
        return paged(asked, page, never_change=True)
    if not asked.is_newest:
        page = await read(connections, period.start, period.end, query.limit, query.cursor)
        return paged(asked, page, never_change=True)
    page, offsets = await seam.newest(
        connections,
        rows,
        feeds.raw_topic(feed),
        period.start,
        period.end,
        query.limit,
        *filters,
    )
    # A partition without an offset has nothing stored, so all of it is still to come.
    nexts = [offsets.get(number, 0) for number in range(current().topic_partitions)]
    asked.as_of = position_text(feed, nexts)
    return paged(asked, page, asked.as_of, never_change=True)


def _offsets(feed: str, as_of: str) -> list[int]:
    offsets = resume(as_of, [feed], "as_of").positions[feed]
    if None in offsets:
        raise bad_parameter("as_of", as_of, f"as_of must know every offset, was {shown(as_of)}")
    return [offset or 0 for offset in offsets]
