"""Of a day the newest score stays, and a replay changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from cryptoviz.prediction.listening import HorizonSkill, SentimentSkill
from cryptoviz.prediction.scoring import PairScores, Score
from cryptoviz.timescale import score_history
from cryptoviz.timescale.page import Page
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.predictions import DAY_S, score_rows, skill_rows
from cryptoviz.timescale.results import SCORES, SENTIMENT_SKILL, upsert
from cryptoviz.timescale.score_history import ScoreFilter

NOON = 1_764_331_200


def scores_at(as_of: int, revision: int, mae: float) -> PairScores:
    one = Score(
        model="holt",
        horizon=300,
        period="24h",
        since=0,
        count=3,
        mae=mae,
        mape=0.1,
        bias=-1.0,
        coverage=0.9,
        mean_width=4.0,
        interval_score=5.0,
        skill=None,
        direction_accuracy=0.5,
    )
    return PairScores(pair="BTC/USD", as_of=as_of, revision=revision, scores=[one])


async def stored(pool: Pool) -> list[float]:
    rows = await pool.fetch("SELECT mae FROM score_data ORDER BY timestamp")
    return [row["mae"] for row in rows]


@pytest.mark.parametrize("reverse", [False, True])
async def test_the_newest_score_of_each_day_stays(pool: Pool, reverse: bool) -> None:
    days = [
        scores_at(NOON, 5, 1.0),
        scores_at(NOON, 6, 2.0),
        scores_at(NOON + 300, 7, 3.0),
        scores_at(NOON + DAY_S, 8, 4.0),
    ]
    for scores in reversed(days) if reverse else days:
        await upsert(pool, SCORES, score_rows(scores))

    assert await stored(pool) == [3.0, 4.0]
    assert await upsert(pool, SCORES, [row for one in days for row in score_rows(one)]) == 0


async def test_the_skill_of_sentiment_is_stored_with_and_without_its_error(pool: Pool) -> None:
    skill = SentimentSkill(
        crypto_symbol="BTC",
        pair="BTC/USD",
        as_of=NOON,
        revision=9,
        horizons=[
            HorizonSkill(horizon=300, hours=2, skill=0.0, standard_error=0.5),
            HorizonSkill(horizon=900, hours=1, skill=-0.25, standard_error=None),
        ],
    )

    assert await upsert(pool, SENTIMENT_SKILL, skill_rows(skill)) == 2
    rows = await pool.fetch(
        "SELECT horizon, skill, standard_error FROM sentiment_skill_data ORDER BY horizon"
    )
    assert [tuple(row) for row in rows] == [(300, 0.0, 0.5), (900, -0.25, None)]


BEGIN = datetime.fromtimestamp(NOON // DAY_S * DAY_S, UTC)
DAY = timedelta(days=1)


def a_score(model: str, horizon: int, period: str) -> Score:
    return msgspec.structs.replace(
        scores_at(0, 0, 1.0).scores[0], model=model, horizon=horizon, period=period
    )


async def test_pages_of_scores_hold_each_once_by_days_and_by_what_is_asked_for(pool: Pool) -> None:
    kinds = [
        (model, horizon, period)
        for model in ("holt", "last_price")
        for horizon in (300, 900)
        for period in ("24h", "7d")
    ]
    for day in range(3):
        told = scores_at(NOON + day * DAY_S, day, 1.0)
        told.scores = [a_score(*kind) for kind in kinds]
        await upsert(pool, SCORES, score_rows(told))

    async def page(limit: int, cursor: str | None = None, **which: Any) -> Page:
        return await score_history.scores(
            pool,
            "BTC/USD",
            BEGIN,
            BEGIN + 3 * DAY,
            limit,
            cursor,
            BEGIN + 2 * DAY,
            ScoreFilter(**which),
        )

    seen, found = [], await page(7)
    while True:
        seen += json.loads(found.body)
        if found.next_cursor is None:
            break
        found = await page(7, found.next_cursor)

    assert len(seen) == 24
    assert {(row["model_name"], row["horizon"], row["period"]) for row in seen} == set(kinds)
    assert [row["final"] for row in seen] == [False] * 8 + [True] * 16
    one = json.loads((await page(50, model="holt", horizon=900, period="7d")).body)
    assert [(row["horizon"], row["period"]) for row in one] == [(900, "7d")] * 3


async def test_pages_of_the_skill_of_sentiment_lead_through_pairs_and_horizons(pool: Pool) -> None:
    for pair in ("BTC/USD", "BTC/EUR"):
        horizons = [
            HorizonSkill(horizon=horizon, hours=1, skill=0.0, standard_error=None)
            for horizon in (300, 900, 3600)
        ]
        skill = SentimentSkill(
            crypto_symbol="BTC", pair=pair, as_of=NOON, revision=9, horizons=horizons
        )
        await upsert(pool, SENTIMENT_SKILL, skill_rows(skill))

    seen, cursor = [], None
    while True:
        found = await score_history.sentiment_skill(
            pool, "BTC", BEGIN, BEGIN + DAY, 4, cursor, BEGIN
        )
        seen += [(row["pair"], row["horizon"]) for row in json.loads(found.body)]
        cursor = found.next_cursor
        if cursor is None:
            break

    assert seen == [(pair, h) for pair in ("BTC/USD", "BTC/EUR") for h in (3600, 900, 300)]
