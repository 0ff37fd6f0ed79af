"""`/api/v1/{ticker,trade}/{pair}/historique/`: what the database holds, newest first."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from faust.types.web import Request, Response, View

from cryptoviz import pair as pairs
from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.period import period
from cryptoviz.timescale import history
from cryptoviz.timescale.history import Page
from web.answers import json_bytes, limit_of, problem
from web.database import database

Feed = Callable[..., Coroutine[Any, Any, Page]]
FEEDS: dict[str, Feed] = {"ticker": history.tickers, "trade": history.trades}


@app.page("/api/v1/{feed:ticker|trade}/{pair:.+}/historique/")
async def pair_history(view: View, request: Request, feed: str, pair: str) -> Response:
    """Answer with a page of the tickers or trades of a pair."""
    now = datetime.now(UTC)
    try:
        name = pairs.normalise(pair, topics.rules.quotes)
        stretch = period(request.query, now)
        limit = limit_of(request.query.get("limit"))
        cursor = request.query.get("cursor")
        if trouble := await _trouble():
            return problem(view, 503, "No database", trouble, **{"Retry-After": "5"})
        pool = await database.pool()
        page = await FEEDS[feed](pool, name, stretch.start, stretch.end, limit, cursor)
    except ValueError as error:
        return problem(view, 400, "Bad request", f"{error}.")
    following = None
    if page.next_cursor:
        # The end is fixed with the first page, so that later ones do not shift with the clock.
        fixed = {"date_debut": stretch.start.isoformat(), "date_fin": stretch.end.isoformat()}
        query = urlencode({**fixed, "limit": limit, "cursor": page.next_cursor})
        following = f"{request.url.path}?{query}"
    head = orjson.dumps({"pair": name, "count": page.rows, "next": following})
    answer = json_bytes(view, b'%s,"data":%s}' % (head[:-1], page.body))
    if following:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


async def _trouble() -> str | None:
    if not database.is_configured:
        return "TIMESCALE_DSN is not set, so there is no history."
    trouble = await database.trouble()
    return trouble and f"The database does not answer: {trouble}."
