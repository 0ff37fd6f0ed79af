"""Candles: what trades of one pair did in one window."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import msgspec

from cryptoviz import exact
from cryptoviz.records import Trade
from cryptoviz.window import Window

_event_time = attrgetter("event_time_s")


class Candle(Window):
    """Open, high, low, close and volumes of *pair*; prices in quote, volumes in base currency.

    Open and close are by event time; of trades at the same time, the one of the lowest offset
    comes first. *vwap* is Σ price·volume / Σ volume, null when nothing was traded (Berkowitz,
    Logue & Noser 1988, "The total cost of transactions on the NYSE"). Trades without a side
    count in *volume* alone. *sums* are exact, in units of 2**-72 (cryptoviz.exact).
    """

    pair: str = ""
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    close: float = 0.0
    volume: float = 0.0
    buy_volume: float = 0.0
    sell_volume: float = 0.0
    vwap: float | None = None
    trades: int = 0
    open_time: float = 0.0
    close_time: float = 0.0
    sums: dict[str, str] = msgspec.field(default_factory=dict)

    def add(self, trades: Sequence[Trade]) -> None:
        """Fold *trades*, at least one, in the order of their offsets."""
        first = min(trades, key=_event_time)
        last = max(reversed(trades), key=_event_time)
        prices = [trade.price for trade in trades]
        if not self.trades or first.event_time_s < self.open_time:
            self.open, self.open_time = first.price, first.event_time_s
        if not self.trades or last.event_time_s >= self.close_time:
            self.close, self.close_time = last.price, last.event_time_s
        self.high = max(prices) if not self.trades else max(self.high, *prices)
        self.low = min(prices) if not self.trades else min(self.low, *prices)
        self.trades += len(trades)
        self._add_volumes(trades)

    def _add_volumes(self, trades: Sequence[Trade]) -> None:
        volumes = exact.units([trade.volume for trade in trades])
        bought = [units for trade, units in zip(trades, volumes, strict=True) if trade.side == "b"]
        sold = [units for trade, units in zip(trades, volumes, strict=True) if trade.side == "s"]
        turnovers = exact.units([trade.price * trade.volume for trade in trades])
        volume = self._grow("volume", volumes)
        turnover = self._grow("turnover", turnovers)
        self.volume = exact.quotient(volume, exact.ONE)
        self.buy_volume = exact.quotient(self._grow("buy_volume", bought), exact.ONE)
        self.sell_volume = exact.quotient(self._grow("sell_volume", sold), exact.ONE)
        self.vwap = exact.quotient(turnover, volume) if volume else None

    def _grow(self, name: str, terms: Sequence[int]) -> int:
        total = int(self.sums.get(name, 0)) + sum(terms)
        self.sums[name] = str(total)
        return total
