"""Price windows: what tickers of one pair said in one window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import attrgetter

import msgspec

from cryptoviz import exact
from cryptoviz.records import Ticker
from cryptoviz.window import Window

_event_time = attrgetter("event_time_s")


class PriceWindow(Window):
    """Statistics of the last price of *pair*, in quote currency, over a window's tickers.

    *std* is the population standard deviation. *first* and *last* are by event time; of
    tickers at the same time, the one of the lowest offset comes first. *mean_spread* is the
    mean of ask − bid over tickers that have both, null when none has. *sums* are exact, in
    units of 2**-72 (cryptoviz.exact).
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

    def add(self, tickers: Sequence[Ticker]) -> None:
        """Fold *tickers*, at least one, in the order of their offsets."""
        first = min(tickers, key=_event_time)
        last = max(reversed(tickers), key=_event_time)
        prices = [ticker.last for ticker in tickers]
        if not self.count or first.event_time_s < self.first_time:
            self.first, self.first_time = first.last, first.event_time_s
        if not self.count or last.event_time_s >= self.last_time:
            self.last, self.last_time = last.last, last.event_time_s
        self.min = min(prices) if not self.count else min(self.min, *prices)
        self.max = max(prices) if not self.count else max(self.max, *prices)
        self.count += len(tickers)
        self._add_moments(prices)
        self._add_spreads(tickers)

    def _add_moments(self, prices: Sequence[float]) -> None:
        terms = exact.units(prices)
        total = self._grow("last", sum(terms))
        squares = self._grow("last_squared", sum([term * term for term in terms]))
        self.mean = exact.mean(total, self.count)
        self.std = math.sqrt(exact.variance(total, squares, self.count))

    def _add_spreads(self, tickers: Sequence[Ticker]) -> None:
        spreads = [
            ticker.ask - ticker.bid
            for ticker in tickers
            if ticker.ask is not None and ticker.bid is not None
        ]
        if spreads:
            self.spreads += len(spreads)
            total = self._grow("spread", sum(exact.units(spreads)))
            self.mean_spread = exact.mean(total, self.spreads)

    def _grow(self, name: str, term: int) -> int:
        total = int(self.sums.get(name, 0)) + term
        self.sums[name] = str(total)
        return total
