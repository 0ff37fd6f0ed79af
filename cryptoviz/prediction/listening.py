"""Whether listening to the news helps: the skill of `sentiment` over the same model without it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from cryptoviz import exact
from cryptoviz.prediction.scoring import HOUR_S
from cryptoviz.prediction.sentiment_model import SentimentDrift


class HorizonSkill(msgspec.Struct, kw_only=True, gc=False):
    """The skill at one horizon (s), 0 when sentiment changes nothing, below 0 when it harms.

    *hours* is how many hours had outcomes; *standard_error* is None for fewer than two.
    """

    horizon: int
    hours: int
    skill: float
    standard_error: float | None


class SentimentSkill(msgspec.Struct, kw_only=True, gc=False):
    """What sentiment about *crypto_symbol* brought to the predictions of *pair* in a week.

    Compares *model* with *base*, which is the same without sentiment, up to *as_of* (Unix s).
    """

    crypto_symbol: str
    pair: str
    as_of: int
    revision: int
    horizons: list[HorizonSkill]
    model: str = SentimentDrift.name
    base: str = SentimentDrift.base


def horizon_skill(horizon: int, errors: Mapping[int, tuple[int, int]]) -> HorizonSkill | None:
    """Return the skill 1 − ΣE / ΣB and its standard error; None when the base was never wrong.

    *errors* maps the start of an hour to the sums of absolute errors there, (B of the base, E
    with sentiment), in any unit.
    """
    hours = sorted(errors)
    base = sum(errors[hour][0] for hour in hours)
    if not base:
        return None
    gain = base - sum(errors[hour][1] for hour in hours)
    skill = exact.quotient(gain, base)
    residuals = [(B - E) - skill * B for B, E in (_floats(errors[hour]) for hour in hours)]
    return HorizonSkill(
        horizon=horizon,
        hours=len(hours),
        skill=skill,
        standard_error=_standard_error(hours, residuals, _float(base)),
    )


def _standard_error(hours: Sequence[int], residuals: Sequence[float], base: float) -> float | None:
    """Return the standard error of a ratio from the residuals of its batches, one an hour.

    Batch means of a ratio (Cochran, "Sampling techniques", 3rd edition, 1977, equation 6.13),
    with the covariance of neighbouring hours at the weight 1/2: a prediction for an hour ahead
    overlaps the hour before (Newey and West, "A simple, positive semi-definite, heteroskedasticity
    and autocorrelation consistent covariance matrix", Econometrica 55(3), 1987, 703-708). The
    losses' difference is that of Diebold and Mariano, "Comparing predictive accuracy", Journal of
    Business and Economic Statistics 13(3), 1995, 253-263.
    """
    count = len(hours)
    if count < 2:
        return None
    by_hour = dict(zip(hours, residuals, strict=True))
    squares = math.fsum(one * one for one in residuals)
    neighbours = math.fsum(
        one * by_hour[hour - HOUR_S] for hour, one in by_hour.items() if hour - HOUR_S in by_hour
    )
    # Both neighbours of an hour count, each by a half.
    variance = max(0.0, squares + neighbours) * count / (count - 1)
    return math.sqrt(variance) / base


def _floats(errors: tuple[int, int]) -> tuple[float, float]:
    return _float(errors[0]), _float(errors[1])


def _float(units: int) -> float:
    return exact.quotient(units, exact.ONE)


def sentiment_skill(
    pair: str, as_of: int, revision: int, errors: Mapping[int, Mapping[int, tuple[int, int]]]
) -> SentimentSkill:
    """Return the skill at every horizon; *errors* maps hour, then horizon, to (base, sentiment)."""
    horizons = sorted({horizon for hour in errors.values() for horizon in hour})
    skills = [
        horizon_skill(horizon, {hour: of[horizon] for hour, of in errors.items() if horizon in of})
        for horizon in horizons
    ]
    return SentimentSkill(
        crypto_symbol=pair.partition("/")[0],
        pair=pair,
        as_of=as_of,
        revision=revision,
        horizons=[one for one in skills if one is not None],
    )
