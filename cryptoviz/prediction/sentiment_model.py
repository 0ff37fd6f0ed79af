"""The model that listens to the news: `ewma_drift`, and what sentiment says beyond it."""

from __future__ import annotations

import math
from typing import ClassVar

import msgspec

from cryptoviz.prediction.close import Close
from cryptoviz.prediction.models import EwmaDrift, Outlook
from cryptoviz.prediction.volatility import Volatility

# Weighs as much as this sum of squared moods that had no effect: some 25 windows.
RIDGE = 1.0
# The past fades in about four days.
FORGETTING = 0.999


class Slope(msgspec.Struct, gc=False):
    """β = Σ m r / (1 + Σ m²): a ridge regression of log returns r on moods m through the origin.

    The sums fade by 0.999 with each outcome, and are the whole state.
    Recursive least squares with forgetting (Haykin, "Adaptive filter theory", 5th edition, 2014,
    chapter 10) and a ridge that does not fade (Hoerl and Kennard, "Ridge regression",
    Technometrics 12(1), 1970, 55-67); of one regressor, so the inverse is a division.
    """

    moods: float = 0.0
    products: float = 0.0

    @property
    def value(self) -> float:
        """The log return for each unit of mood."""
        return self.products / (RIDGE + self.moods)

    def learn(self, mood: float, log_return: float) -> None:
        """Fold one pair of mood and log return."""
        self.moods = FORGETTING * self.moods + mood * mood
        self.products = FORGETTING * self.products + mood * log_return


class SentimentDrift(msgspec.Struct, gc=False):
    """p̂ of `ewma_drift` × exp(β m): m is the mood, β the slope of its horizon; m = 0 without news.

    |β m| is at most the volatility over the horizon. State: that of `ewma_drift`, and two sums for
    each horizon.
    """

    name: ClassVar[str] = "sentiment"
    base: ClassVar[str] = EwmaDrift.name
    drift: EwmaDrift = msgspec.field(default_factory=EwmaDrift)
    slopes: dict[int, Slope] = msgspec.field(default_factory=dict)

    def observe(self, close: Close) -> None:
        """Fold a window."""
        self.drift.observe(close)

    def outlook(self, steps: int, volatility: Volatility, mood: float) -> Outlook:
        """Return the base's forecast, moved by what *mood* meant so far."""
        base = self.drift.outlook(steps, volatility, mood)
        slope = self.slopes.get(steps)
        log_return = 0.0 if slope is None else slope.value * mood
        # Never more than the price moves anyway: a slope learnt in a storm must not shout later.
        most = volatility.over(steps)
        return Outlook(base.price * math.exp(max(-most, min(most, log_return))), base.deviation)

    def learn(self, steps: int, mood: float, base_price: float, actual: float) -> None:
        """Learn from an outcome: *base_price* is what the base had predicted for it."""
        self.slopes.setdefault(steps, Slope()).learn(mood, math.log(actual / base_price))
