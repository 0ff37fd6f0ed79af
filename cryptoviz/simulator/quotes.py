"""Tickers, trades and alerts of one pair."""

from __future__ import annotations

import math
import random
from typing import Any

import orjson

from cryptoviz.simulator.catalog import asset, split_pair
from cryptoviz.simulator.process import SECONDS_PER_DAY, Prices

# 44 % of real tickers have their last trade outside bid and ask: P(|N(0, 1.3)| > 1) = 0.44.
LAST_SPREAD = 1.3
TURBULENT_SPREAD = 3.0
MEDIAN_TRADE_USD = 800.0
LOG_TRADE_DEVIATION = 1.5
DAILY_TURNOVER_USD = 40_000_000.0


class PairQuotes:
    """What is said about one pair: its tickers, its trades and, on large moves, its alerts."""

    def __init__(self, seed: int, pair: str, prices: Prices, threshold_percent: float) -> None:
        self.pair = pair
        self.key = pair.encode()
        self._base, self._quote = split_pair(pair)
        self._prices = prices
        self._threshold_percent = threshold_percent
        self._alerted: float | None = None
        self._stream = random.Random(f"{seed}/quotes/{pair}")
        base = asset(self._base, seed)
        first_price = base.price_usd / asset(self._quote, seed).price_usd
        self._half_spread = base.half_spread
        self._median_size = MEDIAN_TRADE_USD / base.price_usd
        self._daily_volume = DAILY_TURNOVER_USD / base.price_usd
        self._phase = self._stream.uniform(0.0, math.tau)
        # Six significant digits show a move of a tenth of a basis point at any price.
        self._digits = max(2, 5 - math.floor(math.log10(first_price)))

    def ticker(self, at_s: float) -> tuple[bytes, float]:
        """Return a ticker at *at_s* (Unix seconds) and its last price."""
        mid, half = self._mid_and_half_spread(int(at_s))
        digits = self._digits
        last = round(mid * (1.0 + half * self._stream.gauss(0.0, LAST_SPREAD)), digits)
        day = math.tau * at_s / SECONDS_PER_DAY
        volume = self._daily_volume * (1.0 + 0.2 * math.sin(day + self._phase))
        value = {
            "pair": self.pair,
            "last": last,
            "bid": round(mid * (1.0 - half), digits),
            "ask": round(mid * (1.0 + half), digits),
            "volume_24h": round(volume, 4),
            "timestamp": int(at_s),
        }
        return orjson.dumps(value), last

    def trade(self, at_s: float) -> bytes:
        """Return a trade at *at_s*: the aggressor buys at the ask or sells at the bid."""
        mid, half = self._mid_and_half_spread(int(at_s))
        buys = self._stream.random() < 0.5
        size = self._median_size * math.exp(self._stream.gauss(0.0, LOG_TRADE_DEVIATION))
        value = {
            "pair": self.pair,
            "price": round(mid * (1.0 + half if buys else 1.0 - half), self._digits),
            "volume": max(round(size, 8), 1e-8),
            # Exchanges stamp trades to the millisecond, and tickers to the second.
            "timestamp": round(at_s, 3),
            "side": "b" if buys else "s",
        }
        return orjson.dumps(value)

    def alert(self, last: float, at_s: float) -> bytes | None:
        """Return an alert if *last* moved by the threshold since the last alert, else None."""
        if self._alerted is None:
            self._alerted = last
            return None
        change_percent = (last / self._alerted - 1.0) * 100.0
        if abs(change_percent) < self._threshold_percent:
            return None
        self._alerted = last
        value: dict[str, Any] = {
            "pair": self.pair,
            "last": last,
            "change": round(change_percent, 4),
            "threshold": self._threshold_percent,
            "timestamp": int(at_s),
        }
        return orjson.dumps(value)

    def _mid_and_half_spread(self, second: int) -> tuple[float, float]:
        prices = self._prices
        mid = prices.price_usd(self._base, second) / prices.price_usd(self._quote, second)
        widening = TURBULENT_SPREAD if prices.is_turbulent(self._base, second) else 1.0
        return mid, self._half_spread * widening
