"""Pages of how good predictions were: of each day (UTC) the newest scores, newest day first.

As in cryptoviz.timescale.history. A row's time is the beginning of its day; it is final when that
lies before *final_before*.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from cryptoviz.timescale.page import Feed, Page, read
from cryptoviz.timescale.pool import Pool

SCORES = Feed("scores", ("model_name", "horizon", "period"), (str, int, str))
SENTIMENT_SKILL = Feed("sentiment_skill", ("pair", "horizon"), (str, int))


class ScoreFilter(NamedTuple):
    """Which scores; None lets every one pass. *horizon* in seconds, *period* is 24h or 7d."""

    model: str | None = None
    horizon: int | None = None
    period: str | None = None

    def lets_pass(self, model: str, horizon: int, period: str) -> bool:
        """Return whether a row of these is wanted."""
        row = (model, horizon, period)
        return all(wanted in (None, found) for wanted, found in zip(self, row, strict=True))


async def scores(
    pool: Pool,
    pair: str,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None,
    final_before: datetime,
    which: ScoreFilter,
) -> Page:
    """Return a page of the scores of *pair*."""
    filters = (pair, final_before, *which)
    return await read(pool, SCORES, "scores", start, end, limit, cursor, *filters)


async def sentiment_skill(
    pool: Pool,
    crypto: str,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None,
    final_before: datetime,
) -> Page:
    """Return a page of what sentiment brought to the predictions for *crypto*."""
    return await read(
        pool,
        SENTIMENT_SKILL,
        "sentiment_skill",
        start,
        end,
        limit,
        cursor,
        crypto,
        final_before,
    )
