"""Of a day the newest score stays, and a replay changes nothing."""

from __future__ import annotations

import pytest

from cryptoviz.prediction.listening import HorizonSkill, SentimentSkill
from cryptoviz.prediction.scoring import PairScores, Score
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.predictions import DAY_S, score_rows, skill_rows
from cryptoviz.timescale.results import SCORES, SENTIMENT_SKILL, upsert

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
