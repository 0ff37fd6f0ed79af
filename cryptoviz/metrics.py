"""Metrics of a window, each with its formula and where it comes from.

Sums come as integers in units of 2**-72 (cryptoviz.exact), so that a metric depends on the set
of its terms and not on their order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from cryptoviz import exact


def vwap(turnover: int, volume: int) -> float | None:
    """Return Σ price·volume / Σ volume in quote currency, None when nothing was traded.

    Berkowitz, Logue and Noser, "The total cost of transactions on the NYSE", Journal of Finance
    43(1), 1988, 97-112.
    """
    return exact.quotient(turnover, volume) if volume else None


def imbalance(bought: int, sold: int) -> float | None:
    """Return (bought − sold) / (bought + sold) in [-1, 1], None without a trade of known side.

    The volumes are those that buyers and sellers took as aggressors. Chordia, Roll and
    Subrahmanyam, "Order imbalance, liquidity, and market returns", Journal of Financial
    Economics 65(1), 2002, 111-130, there OIBDOL scaled by total volume.
    """
    sided = bought + sold
    return exact.quotient(bought - sold, sided) if sided else None


def realised_volatility(prices: Sequence[float]) -> float | None:
    """Return √Σ ln(pᵢ / pᵢ₋₁)² over sampled *prices*, None for fewer than two.

    It is the standard deviation of the log return over the whole window, not annualised.
    Sampling at fixed intervals by the last price keeps the bounce between bid and ask out.
    Andersen, Bollerslev, Diebold and Labys, "Modeling and forecasting realized volatility",
    Econometrica 71(2), 2003, 579-625.
    """
    if len(prices) < 2:
        return None
    returns = (math.log(after / before) for before, after in pairwise(prices))
    return math.sqrt(math.fsum(change * change for change in returns))


def quoted_spread(spread: int, quotes: int) -> float | None:
    """Return the mean of ask − bid in quote currency over *quotes* tickers, None without any.

    Chordia, Roll and Subrahmanyam, "Commonality in liquidity", Journal of Financial Economics
    56(1), 2000, 3-28. Negative when quotes cross.
    """
    return exact.mean(spread, quotes) if quotes else None


def sentiment_change(score: float, previous_score: float | None) -> float | None:
    """Return the score less that of the window just before, None when that had no article.

    The first difference of a sentiment index: Garcia, "Sentiment during recessions", Journal of
    Finance 68(3), 2013, 1267-1300.
    """
    return None if previous_score is None else score - previous_score
