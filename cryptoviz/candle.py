"""Candles: what trades of one pair did in one window."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import msgspec

from cryptoviz import exact, metrics
from cryptoviz.records import Trade
from cryptoviz.window import Window

# A candle's size is a multiple of this, and its prices are sampled SAMPLES times: one-minute
# candles every 5 s. The longer sample intervals are unions of these, so trades are read once.
SIZE_UNIT_S = 60
SAMPLES = 12
_SAMPLE_S = SIZE_UNIT_S // SAMPLES

_event_time = attrgetter("event_time_s")

# Time (s) and price of the last trade of a sample interval.
Sample = tuple[float, float]


class TradeSummary(msgspec.Struct, gc=False):
    """What any candle takes from some trades of one pair, read once for candles of all sizes.

    *volume*, *bought*, *sold* and *turnover* are in units of 2**-72 (cryptoviz.exact).
    *samples* maps the number of a sample interval since 1970 to its last trade.
    """

    first: Trade
    last: Trade
    high: float
    low: float
    trades: int
    volume: int
    bought: int
    sold: int
    turnover: int
    samples: dict[int, Sample]


class Candle(Window):
    """Open, high, low, close and volumes of *pair*; prices in quote, volumes in base currency.

    Open and close are by event time; of trades at the same time, the one of the lowest offset
    comes first. Trades without a side count in *volume* alone. *vwap*, *imbalance* and
    *realised_volatility* are those of cryptoviz.metrics, null where they have no value.
    *sums* are exact, in units of 2**-72 (cryptoviz.exact). *samples* are the time and price of
    the last trade of each twelfth of the window, null for a twelfth without one.
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
    imbalance: float | None = None
    realised_volatility: float | None = None
    trades: int = 0
    open_time: float = 0.0
    close_time: float = 0.0
    sums: dict[str, str] = msgspec.field(default_factory=dict)
    samples: list[Sample | None] = msgspec.field(default_factory=lambda: [None] * SAMPLES)

    @staticmethod
    def summarise(trades: Sequence[Trade]) -> TradeSummary:
        """Return what candles take from *trades*, at least one, in the order of their offsets."""
        prices = [trade.price for trade in trades]
        volumes = exact.units([trade.volume for trade in trades])
        sides = [trade.side for trade in trades]
        samples: dict[int, Sample] = {}
        for trade in trades:
            number = int(trade.event_time_s // _SAMPLE_S)
            known = samples.get(number)
            if known is None or known[0] <= trade.event_time_s:
                samples[number] = (trade.event_time_s, trade.price)
        return TradeSummary(
            first=min(trades, key=_event_time),
            last=max(reversed(trades), key=_event_time),
            high=max(prices),
            low=min(prices),
            trades=len(trades),
            volume=sum(volumes),
            bought=sum([size for size, side in zip(volumes, sides, strict=True) if side == "b"]),
            sold=sum([size for size, side in zip(volumes, sides, strict=True) if side == "s"]),
            turnover=sum(exact.units([trade.price * trade.volume for trade in trades])),
            samples=samples,
        )

    def merge(self, summary: TradeSummary) -> None:
        """Fold the trades of *summary*, none of which is in the candle yet."""
        first, last = summary.first, summary.last
        if not self.trades or first.event_time_s < self.open_time:
            self.open, self.open_time = first.price, first.event_time_s
        if not self.trades or last.event_time_s >= self.close_time:
            self.close, self.close_time = last.price, last.event_time_s
        self.high = max(self.high, summary.high) if self.trades else summary.high
        self.low = min(self.low, summary.low) if self.trades else summary.low
        self.trades += summary.trades
        self._merge_volumes(summary)
        self._merge_samples(summary.samples)

    def _merge_volumes(self, summary: TradeSummary) -> None:
        volume = self._grow("volume", summary.volume)
        bought = self._grow("buy_volume", summary.bought)
        sold = self._grow("sell_volume", summary.sold)
        turnover = self._grow("turnover", summary.turnover)
        self.volume = exact.quotient(volume, exact.ONE)
        self.buy_volume = exact.quotient(bought, exact.ONE)
        self.sell_volume = exact.quotient(sold, exact.ONE)
        self.vwap = metrics.vwap(turnover, volume)
        self.imbalance = metrics.imbalance(bought, sold)

    def _merge_samples(self, samples: dict[int, Sample]) -> None:
        length_s = (self.window_end - self.window_start) // SAMPLES
        for number, sample in samples.items():
            place = (number * _SAMPLE_S - self.window_start) // length_s
            known = self.samples[place]
            if known is None or known[0] <= sample[0]:
                self.samples[place] = sample
        if self.trades > 1:
            prices = [sample[1] for sample in self.samples if sample is not None]
            self.realised_volatility = metrics.realised_volatility([self.open, *prices])

    def _grow(self, name: str, term: int) -> int:
        total = int(self.sums.get(name, 0)) + term
        self.sums[name] = str(total)
        return total
