"""What one model's outcomes add up to: integers, so that order and grouping change nothing."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cryptoviz import exact
from cryptoviz.prediction.forecast import Forecast, Prediction


class Sums(msgspec.Struct, gc=False):
    """Sums over *count* outcomes of one pair, model and horizon.

    *error*, *bias*, *width* and *interval_score* are of prices in quote currency, *relative*
    of fractions, all in units of 2**-72 (cryptoviz.exact). *covered* counts the outcomes within
    the interval, *calls* those where model and price both moved, *hits* the calls that were right.
    """

    count: int = 0
    error: int = 0
    relative: int = 0
    bias: int = 0
    width: int = 0
    interval_score: int = 0
    covered: int = 0
    calls: int = 0
    hits: int = 0

    def add(self, other: Sums, sign: int = 1) -> None:
        """Add *other*; with *sign* -1, take it out again, which is exact too."""
        self.count += sign * other.count
        self.error += sign * other.error
        self.relative += sign * other.relative
        self.bias += sign * other.bias
        self.width += sign * other.width
        self.interval_score += sign * other.interval_score
        self.covered += sign * other.covered
        self.calls += sign * other.calls
        self.hits += sign * other.hits

    def as_text(self) -> str:
        """Return the fields, separated by spaces: JSON has no integers of this size."""
        return " ".join(map(str, msgspec.structs.astuple(self)))

    @classmethod
    def from_text(cls, text: str) -> Sums:
        """Return what `as_text` was made of."""
        return cls(*map(int, text.split()))


def interval_score(low: float, high: float, actual: float, level: float) -> float:
    """Return (u − l) + 2/α (l − y)⁺ + 2/α (y − u)⁺ for the interval [l, u], α = 1 − level.

    In quote currency, lower is better, whatever the true distribution. Winkler, "A
    decision-theoretic approach to interval estimation", Journal of the American Statistical
    Association 67(337), 1972, 187-191; as in Gneiting and Raftery, "Strictly proper scoring
    rules, prediction, and estimation", same journal 102(477), 2007, 359-378, equation 43.
    """
    penalty = 2.0 / (1.0 - level)
    return (high - low) + penalty * (max(0.0, low - actual) + max(0.0, actual - high))


def sums_of(forecast: Forecast) -> dict[str, Sums]:
    """Return the sums of the one outcome of each model in *forecast*, whose actual is known."""
    actual, level = forecast.actual, forecast.level
    assert actual is not None
    return {one.model: _outcome(one, actual, level, forecast.price) for one in forecast.predictions}


def total(many: Iterable[Sums]) -> Sums:
    """Return the sum of *many*."""
    result = Sums()
    for one in many:
        result.add(one)
    return result


def _outcome(one: Prediction, actual: float, level: float, price_then: float) -> Sums:
    error = one.price - actual
    called, moved = one.price - price_then, actual - price_then
    is_call = called != 0.0 and moved != 0.0
    magnitude, relative, bias, width, scored = exact.units(
        (
            abs(error),
            abs(error) / actual,
            error,
            one.high - one.low,
            interval_score(one.low, one.high, actual, level),
        )
    )
    return Sums(
        count=1,
        error=magnitude,
        relative=relative,
        bias=bias,
        width=width,
        interval_score=scored,
        covered=int(one.low <= actual <= one.high),
        calls=int(is_call),
        hits=int(is_call and (called > 0.0) == (moved > 0.0)),
    )
