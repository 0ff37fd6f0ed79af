"""Scores: how good a model's predictions were, each with its formula and where it comes from."""

from __future__ import annotations

import msgspec

from cryptoviz import exact
from cryptoviz.prediction.sums import Sums

HOUR_S = 3_600
# The periods of scores, in whole hours: the hour of the newest outcome and those before it.
PERIOD_HOURS = {"24h": 24, "7d": 168}


class Score(msgspec.Struct, kw_only=True, gc=False):
    """How good *model* was at *horizon* (s) over the outcomes of *period*.

    *since* is the start of the period (Unix s). Errors are predicted less actual price: *mae*,
    *bias*, *mean_width* and *interval_score* in quote currency, *mape* in percent. *coverage* is
    a share of 1. *skill* is that against last_price, negative when worse.
    """

    model: str
    horizon: int
    period: str
    since: int
    count: int
    mae: float
    mape: float
    bias: float
    coverage: float
    mean_width: float
    interval_score: float
    skill: float | None
    direction_accuracy: float | None


class PairScores(msgspec.Struct, kw_only=True, gc=False):
    """All scores of *pair*, up to *as_of*, the newest time (Unix s) that was predicted for.

    *revision* counts the outcomes, so it only grows.
    """

    pair: str
    as_of: int
    revision: int
    scores: list[Score]


def score(
    model: str, horizon: int, period: str, since: int, sums: Sums, reference: Sums | None
) -> Score:
    """Return the score of *sums*, at least one outcome, against those of last_price."""
    return Score(
        model=model,
        horizon=horizon,
        period=period,
        since=since,
        count=sums.count,
        mae=mean_absolute_error(sums),
        mape=mean_absolute_percentage_error(sums),
        bias=bias(sums),
        coverage=coverage(sums),
        mean_width=mean_width(sums),
        interval_score=mean_interval_score(sums),
        skill=skill(sums, reference) if reference is not None else None,
        direction_accuracy=direction_accuracy(sums),
    )


def mean_absolute_error(sums: Sums) -> float:
    """Return Σ|ŷ − y| / n in quote currency.

    Hyndman and Koehler, "Another look at measures of forecast accuracy", International Journal
    of Forecasting 22(4), 2006, 679-688.
    """
    return exact.mean(sums.error, sums.count)


def mean_absolute_percentage_error(sums: Sums) -> float:
    """Return 100 Σ(|ŷ − y| / y) / n, in percent of the actual price.

    Hyndman and Koehler (2006), as above, section 2.2; prices are above 0.
    """
    return 100.0 * exact.mean(sums.relative, sums.count)


def bias(sums: Sums) -> float:
    """Return Σ(ŷ − y) / n in quote currency; above 0 when predictions are too high.

    The mean error, with the sign of prediction less outcome: Makridakis, Wheelwright and Hyndman,
    "Forecasting: methods and applications", 3rd edition, 1998, section 2/4.
    """
    return exact.mean(sums.bias, sums.count)


def coverage(sums: Sums) -> float:
    """Return Σ[l ≤ y ≤ u] / n, the share of actual prices within their interval [l, u].

    Christoffersen, "Evaluating interval forecasts", International Economic Review 39(4), 1998,
    841-862: the unconditional coverage.
    """
    return sums.covered / sums.count


def mean_width(sums: Sums) -> float:
    """Return Σ(u − l) / n of the intervals [l, u], in quote currency: how sharp they are.

    Gneiting, Balabdaoui and Raftery, "Probabilistic forecasts, calibration and sharpness", Journal
    of the Royal Statistical Society B 69(2), 2007, 243-268.
    """
    return exact.mean(sums.width, sums.count)


def mean_interval_score(sums: Sums) -> float:
    """Return ΣS / n with Winkler's S = (u − l) + 2/α (l − y)⁺ + 2/α (y − u)⁺, in quote currency.

    Winkler (1972); the sources are at `cryptoviz.prediction.sums.interval_score`.
    """
    return exact.mean(sums.interval_score, sums.count)


def skill(sums: Sums, reference: Sums) -> float | None:
    """Return 1 − MAE / MAE of the reference: 1 is perfect, 0 is no better, below 0 is worse.

    None when the reference was never wrong. Murphy, "Skill scores based on the mean square error
    and their relationships to the correlation coefficient", Monthly Weather Review 116(12), 1988,
    2417-2424, here of the absolute error. Both must be of the same outcomes.
    """
    if not reference.error or sums.count != reference.count:
        return None
    # One correctly rounded division, so a skill of 0 is exactly 0.
    return exact.quotient(reference.error - sums.error, reference.error)


def direction_accuracy(sums: Sums) -> float | None:
    """Return Σ[sign(ŷ − p) = sign(y − p)] / calls, None without a call.

    p is the last price when the prediction was made; a call is an outcome with ŷ ≠ p and y ≠ p.
    Pesaran and Timmermann, "A simple nonparametric test of predictive performance", Journal of
    Business and Economic Statistics 10(4), 1992, 461-465.
    """
    return sums.hits / sums.calls if sums.calls else None
