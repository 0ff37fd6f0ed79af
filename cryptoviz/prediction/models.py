"""The models: each folds one price window at a time and keeps a few numbers.

So the state of a model is O(1) in the length of history, and so is an update. p is the last price
of a window, h the number of windows ahead.

An `Outlook` is a model's point forecast and its raw interval, half as wide as *deviation* on
each side: one standard deviation as the model itself sees it, which nothing has calibrated.
"""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple, Protocol

import msgspec

from cryptoviz.prediction.close import Close
from cryptoviz.prediction.volatility import Volatility

# No model may claim more than this log return over one horizon: a factor of e.
MOST_LOG_RETURN = 1.0


class Outlook(NamedTuple):
    """A forecast price and the model's own standard deviation of it, in quote currency."""

    price: float
    deviation: float


class Model(Protocol):
    """What can be asked to predict; the state is its fields."""

    name: ClassVar[str]

    def observe(self, close: Close) -> None:
        """Fold the price window that has just ended."""

    def outlook(self, steps: int, volatility: Volatility, mood: float) -> Outlook:
        """Return the forecast *steps* windows ahead.

        *mood* is the crypto's latest sentiment less the neutral 0.5, 0 when there is none.
        """


def _grown(price: float, log_return: float, steps: int, volatility: Volatility) -> Outlook:
    bounded = max(-MOST_LOG_RETURN, min(MOST_LOG_RETURN, log_return))
    return Outlook(price * math.exp(bounded), price * volatility.over(steps))


class LastPrice(msgspec.Struct, gc=False):
    """p̂ = p: the best forecast of a random walk, and what others must beat. State: p.

    The naive method (Hyndman and Athanasopoulos, "Forecasting: principles and practice", 3rd
    edition, 2021, section 5.2).
    """

    name: ClassVar[str] = "last_price"
    last: float = 0.0

    def observe(self, close: Close) -> None:
        """Fold a window."""
        self.last = close.last

    def outlook(self, steps: int, volatility: Volatility, mood: float) -> Outlook:
        """Return the last price."""
        return _grown(self.last, 0.0, steps, volatility)


class MovingAverage(msgspec.Struct, gc=False):
    """p̂ = mean of the last window, ±1 standard deviation there: the seed's model. State: both."""

    name: ClassVar[str] = "moving_average"
    mean: float = 0.0
    std: float = 0.0

    def observe(self, close: Close) -> None:
        """Fold a window."""
        self.mean, self.std = close.mean, close.std

    def outlook(self, steps: int, volatility: Volatility, mood: float) -> Outlook:
        """Return the mean, whose raw interval takes no notice of *steps*."""
        return Outlook(self.mean, self.std)


class EwmaDrift(msgspec.Struct, gc=False):
    """p̂ = p exp(h d), d ← λ d + (1 − λ) ln(p / p₋₁), λ = 0.98. State: p and d.

    A random walk with drift (Hyndman and Athanasopoulos, "Forecasting: principles and practice",
    3rd edition, 2021, section 5.2), its drift an exponentially weighted mean over four hours.
    """

    name: ClassVar[str] = "ewma_drift"
    decay: ClassVar[float] = 0.98
    last: float = 0.0
    drift: float = 0.0

    def observe(self, close: Close) -> None:
        """Fold a window."""
        log_return = math.log(close.last / (self.last or close.first))
        self.drift = self.decay * self.drift + (1.0 - self.decay) * log_return
        self.last = close.last

    def outlook(self, steps: int, volatility: Volatility, mood: float) -> Outlook:
        """Return the last price and *steps* times the drift."""
        return _grown(self.last, self.drift * steps, steps, volatility)


class Holt(msgspec.Struct, gc=False):
    """Damped double exponential smoothing of y = ln p. State: level ℓ and trend b.

    ℓ ← α y + (1 − α)(ℓ₋₁ + φ b₋₁), b ← β (ℓ − ℓ₋₁) + (1 − β) φ b₋₁, with α = 0.8, β = 0.1 and
    φ = 0.9; p̂ = exp(ℓ + (φ + φ² + … + φʰ) b).

    Holt, "Forecasting seasonals and trends by exponentially weighted moving averages" (1957),
    International Journal of Forecasting 20(1), 2004, 5-10; damped as in Gardner and McKenzie,
    "Forecasting trends in time series", Management Science 31(10), 1985, 1237-1246.
    """

    name: ClassVar[str] = "holt"
    level_weight: ClassVar[float] = 0.8
    trend_weight: ClassVar[float] = 0.1
    damping: ClassVar[float] = 0.9
    level: float | None = None
    trend: float = 0.0

    def observe(self, close: Close) -> None:
        """Fold a window."""
        price = math.log(close.last)
        if self.level is None:
            self.level = price
            return
        expected = self.level + self.damping * self.trend
        level = self.level_weight * price + (1.0 - self.level_weight) * expected
        slope, weight = level - self.level, self.trend_weight
        self.trend = weight * slope + (1.0 - weight) * self.damping * self.trend
        self.level = level

    def outlook(self, steps: int, volatility: Volatility, mood: float) -> Outlook:
        """Return the level and the damped trend over *steps*."""
        damped = self.damping * (1.0 - self.damping**steps) / (1.0 - self.damping)
        return _grown(math.exp(self.level or 0.0), self.trend * damped, steps, volatility)
