"""How far a price moves in one window: the unit of every interval."""

from __future__ import annotations

import math

import msgspec

from cryptoviz.prediction.close import Close

# About seven windows: half an hour, the time in which regimes change.
DECAY = 0.85
# Of a price that does not move at all; keeps the unit above 0.
LEAST = 1e-9


class Volatility(msgspec.Struct, gc=False):
    """An exponentially weighted variance of the log return over one window.

    Of each window counts the larger of the squared return since the last close, for each window
    that has passed, and Parkinson's estimate from high and low, which sees a burst of movement
    at once: "The extreme value method for estimating the variance of the rate of return",
    Journal of Business 53(1), 1980, 61-65. The weighting is that of RiskMetrics (1996).
    """

    variance: float = -1.0
    last: float = 0.0

    def observe(self, close: Close, steps: int) -> None:
        """Fold a window; *steps* windows have passed since the one before."""
        before = self.last or close.first
        squared_return = math.log(close.last / before) ** 2 / steps
        parkinson = math.log(close.max / close.min) ** 2 / (4.0 * math.log(2.0))
        term = max(squared_return, parkinson)
        known = self.variance >= 0.0
        self.variance = DECAY * self.variance + (1.0 - DECAY) * term if known else term
        self.last = close.last

    def over(self, steps: int) -> float:
        """Return the standard deviation of the log return over *steps* windows."""
        return max(LEAST, math.sqrt(max(0.0, self.variance) * steps))
