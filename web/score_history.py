"""`/api/v1/score/{pair}/historique/`, `/api/v1/sentiment_skill/{symbol}/historique/`.

Of each day that the range touches, the newest scores; of the days that are not over, as the live
tables have them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from faust.types.web import Request, View
from msgspec import Meta

from cryptoviz.timescale import score_history as stored
from cryptoviz.timescale.page import Page
from cryptoviz.timescale.score_history import ScoreFilter
from tables import scores, sentiment_skill
from web import pages, result_rows
from web.answers import Answer
from web.known import known_crypto, known_pair
from web.laid_over import live_rows, page_of, stream_start
from web.live_rows import known, windows
from web.operation import answers, page
from web.pages import Asked
from web.queries import CryptoText, HistoryQuery, PairText, crypto_of, no_nul, pair_of
from web.stored import CryptoHistory, PairHistory, ScoreRow, SkillRow

PROBLEMS = (400, 404, 503)
Row = dict[str, Any]
MOST_PAIRS = 1_000
DAY = timedelta(days=1)


class ScoreQuery(HistoryQuery, kw_only=True, rename={"over": "period"}):
    """A page of the scores of a stretch of days, of a model, a horizon and a period of scores."""

    model: Annotated[str, Meta(max_length=100, description="Name of the model.")] | None = None
    horizon: Annotated[int, Meta(ge=1, le=604_800, description="Seconds ahead.")] | None = None
    over: Literal["24h", "7d"] | None = None


@page("/api/v1/score/{pair:.+}/historique/")
@answers(PairHistory[ScoreRow], problems=PROBLEMS, cached_s=1.0, tabular=True)
async def score_history(view: View, request: Request, pair: PairText, query: ScoreQuery) -> Answer:
    """Return how good each model's predictions of a pair were, by days, newest first."""
    name = pair_of(pair)
    asked = _of_days(Asked(request, query, {"pair": name}))
    # In this order: what is published while the rows are read comes in the stream.
    cursor = await stream_start(asked, scores.rows.name, "scores")
    found = await _scores(asked, name, query)
    live = await live_rows(asked, stored.SCORES, _live_scores(name, _which(query)))
    answer = page_of(asked, stored.SCORES, found, live, cursor, result_rows.seen_scores)
    if not asked.rows and not await known_pair(name):
        raise asked.unknown("pair", pair)
    return answer


@page("/api/v1/sentiment_skill/{symbol}/historique/")
@answers(CryptoHistory[SkillRow], problems=PROBLEMS, cached_s=1.0, tabular=True)
async def skill_history(
    view: View, request: Request, symbol: CryptoText, query: HistoryQuery
) -> Answer:
    """Return whether sentiment helped to predict a crypto's pairs, by days, newest first."""
    crypto = crypto_of(symbol)
    asked = _of_days(Asked(request, query, {"crypto_symbol": crypto}))
    cursor = await stream_start(asked, sentiment_skill.rows.name, "sentiment_skill")
    found = await _skills(asked, crypto)
    live = await live_rows(asked, stored.SENTIMENT_SKILL, _live_skills(crypto))
    answer = page_of(asked, stored.SENTIMENT_SKILL, found, live, cursor, result_rows.seen_skills)
    if not asked.rows and not await known_crypto(crypto):
        raise asked.unknown("symbol", symbol)
    return answer


async def _live_scores(pair: str, which: ScoreFilter) -> list[Row]:
    return [
        row
        for value in await windows(known(scores.rows.name), pair, 1)
        for row in result_rows.of_scores(value)
        if which.lets_pass(row["model_name"], row["horizon"], row["period"])
    ]


async def _live_skills(crypto: str) -> list[Row]:
    values = await windows(known(sentiment_skill.rows.name), crypto, MOST_PAIRS)
    return [row for value in values for row in result_rows.of_skill(value)]


async def _scores(asked: Asked, pair: str, query: ScoreQuery) -> Page:
    return await stored.scores(
        await pages.pool(),
        pair,
        asked.period.start,
        asked.period.end,
        query.limit,
        query.cursor,
        result_rows.final_before(),
        _which(query),
    )


async def _skills(asked: Asked, crypto: str) -> Page:
    return await stored.sentiment_skill(
        await pages.pool(),
        crypto,
        asked.period.start,
        asked.period.end,
        asked.query.limit,
        asked.query.cursor,
        result_rows.final_before(),
    )


def _which(query: ScoreQuery) -> ScoreFilter:
    return ScoreFilter(no_nul("model", query.model), query.horizon, query.over)


def _of_days(asked: Asked) -> Asked:
    """Let the range begin with its first day: rows are filed under the beginning of theirs."""
    begin = asked.period.start.replace(hour=0, minute=0, second=0, microsecond=0)
    asked.period, asked.lasts = asked.period._replace(start=begin), DAY
    return asked
