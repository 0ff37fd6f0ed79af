"""Price windows: what tickers of one pair said in one window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul

import msgspec

from cryptoviz import exact, metrics
from cryptoviz.records import Ticker
from cryptoviz.window import Window


class TickerSummary(msgspec.Struct, gc=False):
    """What a price window takes from some tickers of one pair; sums as in cryptoviz.exact."""

    first: Ticker
    last: Ticker
    low: float
    high: float
    count: int
    total: int
    total_of_squares: int
    spread: int
    spreads: int


class PriceWindow(Window):
    """Statistics of the last price of *pair*, in quote currency, over a window's tickers.

    *std* is the population standard deviation. *first* and *last* are by event time; of
    tickers at the same time, the one of the lowest offset comes first. *mean_spread* is the
    quoted spread (cryptoviz.metrics) of the *spreads* tickers that have bid and ask. *sums* are
    exact, in units of 2**-72, of squares in 2**-144 (cryptoviz.exact).
    """

    pair: str = ""
    count: int = 0
    mean: float = 0.0
    std: float = 0.0
    min: float = 0.0
    max: float = 0.0
    first: float = 0.0
    last: float = 0.0
    first_time: float = 0.0
    last_time: float = 0.0
    mean_spread: float | None = None
    spreads: int = 0
    sums: dict[str, str] = msgspec.field(default_factory=dict)

    @staticmethod
    def summarise(tickers: Sequence[Ticker]) -> TickerSummary:
        """Return what a window takes from *tickers*, at least one, in the order of offsets."""
        prices = [ticker.last for ticker in tickers]
        times_s = [ticker.event_time_s for ticker in tickers]
        latest = len(times_s) - 1 - times_s[::-1].index(max(times_s))
        spreads = [
            ticker.ask - ticker.bid
            for ticker in tickers
            if ticker.ask is not None and ticker.bid is not None
        ]
        terms = exact.units(prices)
        return TickerSummary(
            first=tickers[times_s.index(min(times_s))],
            last=tickers[latest],
            low=min(prices),
            high=max(prices),
            count=len(tickers),
            total=sum(terms),
            total_of_squares=sum(map(mul, terms, terms)),
            spread=sum(exact.units(spreads)),
            spreads=len(spreads),
        )

    def merge(self, summary: TickerSummary) -> None:
        """Fold the tickers of *summary*, none of which is in the window yet."""
        first, last = summary.first, summary.last
        if not self.count or first.event_time_s < self.first_time:
            self.first, self.first_time = first.last, first.event_time_s
        if not self.count or last.event_time_s >= self.last_time:
            self.last, self.last_time = last.last, last.event_time_s
        self.min = min(self.min, summary.low) if self.count else summary.low
        self.max = max(self.max, summary.high) if self.count else summary.high
        self.count += summary.count
        self.spreads += summary.spreads
        total = self._grow("last", summary.total)
        squares = self._grow("last_squared", summary.total_of_squares)
        spread = self._grow("spread", summary.spread)
        self.mean = exact.mean(total, self.count)
        self.std = math.sqrt(exact.variance(total, squares, self.count))
        self.mean_spread = metrics.quoted_spread(spread, self.spreads)

    def _grow(self, name: str, term: int) -> int:
        total = int(self.sums.get(name, 0)) + term
        self.sums[name] = str(total)
        return total
