"""Predictions and their scores as rows of the result tables."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptoviz.prediction.forecast import Forecast
from cryptoviz.prediction.listening import SentimentSkill
from cryptoviz.prediction.scoring import PairScores
from cryptoviz.timescale.raw_table import Row

DAY_S = 86_400


def prediction_rows(forecast: Forecast) -> list[Row]:
    """Return the rows of prediction_data that *forecast* is, one for each model."""
    target, made_at = _time(forecast.target_time), _time(forecast.made_at)
    return [
        (
            target,
            _crypto(forecast.pair),
            one.price,
            forecast.actual,
            one.model,
            one.low,
            one.high,
            forecast.pair,
            made_at,
            forecast.horizon,
            forecast.level,
            forecast.revision,
        )
        for one in forecast.predictions
    ]


def score_rows(scores: PairScores) -> list[Row]:
    """Return the rows of score_data that *scores* are, those of the day of their newest outcome."""
    day, as_of = _day(scores.as_of), _time(scores.as_of)
    return [
        (
            day,
            _crypto(scores.pair),
            scores.pair,
            one.model,
            one.horizon,
            one.period,
            as_of,
            one.count,
            one.mae,
            one.mape,
            one.bias,
            one.coverage,
            one.mean_width,
            one.interval_score,
            one.skill,
            one.direction_accuracy,
            scores.revision,
        )
        for one in scores.scores
    ]


def skill_rows(skill: SentimentSkill) -> list[Row]:
    """Return the rows of sentiment_skill_data that *skill* is, one for each horizon."""
    day, as_of = _day(skill.as_of), _time(skill.as_of)
    return [
        (
            day,
            skill.crypto_symbol,
            skill.pair,
            one.horizon,
            as_of,
            one.hours,
            one.skill,
            one.standard_error,
            skill.revision,
        )
        for one in skill.horizons
    ]


def _crypto(pair: str) -> str:
    return pair.partition("/")[0]


def _day(unix_s: int) -> datetime:
    return _time(unix_s // DAY_S * DAY_S)


def _time(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
