"""Intervals that cover as often as they say, whatever the model and the market do.

Adaptive conformal inference (Gibbs and Candès, "Adaptive conformal inference under distribution
shift", NeurIPS 2021) corrects the level of a quantile of past scores after each hit or miss, so
it keeps those scores, and its interval is infinite while the level is out of range. Its successor
tracks the quantile itself (Angelopoulos, Candès and Tibshirani, "Conformal PID control for time
series prediction", NeurIPS 2023, section 2.1): one number, always finite, the same guarantee.
"""

from __future__ import annotations

from statistics import NormalDist

import msgspec

# In units of volatility: one miss widens the interval by 0.045 of them, a hit narrows it by 0.005.
LEARNING_RATE = 0.05


class QuantileTracker(msgspec.Struct, gc=False):
    """The half width of an interval in units of the volatility over its horizon.

    After T outcomes the share of misses differs from 1 − level by at most
    (range of *multiplier*) / (LEARNING_RATE · T), for any sequence of prices (proposition 1
    there). Scores are scaled by volatility, so one learning rate suits every pair.
    """

    multiplier: float

    @classmethod
    def of(cls, level: float) -> QuantileTracker:
        """Return a tracker that begins as if returns were normal."""
        return cls(NormalDist().inv_cdf((1.0 + level) / 2.0))

    def learn(self, missed: bool, level: float) -> None:
        """Take note of an outcome: q ← q + η (missed − (1 − level)), never below 0."""
        step = LEARNING_RATE * (float(missed) - (1.0 - level))
        self.multiplier = max(0.0, self.multiplier + step)
