"""Builders of price windows for tests of predictions, and the simulated market as windows."""

import math
import random
from functools import cache
from itertools import count

from cryptoviz.prediction.close import Close
from cryptoviz.prediction.forecast import Forecast
from cryptoviz.prediction.forecaster import Forecaster, Terms
from cryptoviz.simulator.catalog import CRYPTOS
from cryptoviz.simulator.process import Walk

SIZE_S = 300
START = 1_764_000_000 // 3600 * 3600
TERMS = Terms((300, 900, 3600), 0.9, 600.0)
LATENESS_WINDOWS = 2


def a_close(number=0, final=False, revision=10, last=100.0, pair="BTC/USD", **values):
    start = START + number * SIZE_S
    return Close(
        **{
            "pair": pair,
            "window_start": start,
            "window_end": start + SIZE_S,
            "revision": revision,
            "final": final,
            "first": last,
            "last": last,
            "mean": last,
            "std": 0.1,
            "min": last * 0.999,
            "max": last * 1.001,
            "offsets": {"0": number * 10},
            **values,
        }
    )


def a_forecast(target, horizon, pair="BTC/USD", predictions=(), actual=None):
    made_at = target - horizon
    return Forecast(
        pair=pair,
        target_time=target,
        horizon=horizon,
        level=0.9,
        made_at=made_at,
        window_start=made_at - SIZE_S,
        window_end=made_at,
        window_revision=1,
        offsets={},
        price=100.0,
        mood=None,
        mood_time=None,
        predictions=list(predictions),
        actual=actual,
    )


def end_of(number):
    return START + (number + 1) * SIZE_S


@cache
def regime_windows(windows=5_000, seed=5, symbol="BTC"):
    """Return windows of the simulator's walk, whose volatility changes by 4; a price each 5 s."""
    walk, market = Walk(seed, symbol, CRYPTOS[symbol]), random.Random(seed)
    closes = []
    for number in range(windows):
        prices = []
        for second in range(SIZE_S):
            walk.step(market.gauss(0.0, 1.0))
            if second % 5 == 0:
                prices.append(walk.price_usd)
        closes.append(window_of(number, prices))
    return closes


def window_of(number, prices, pair="BTC/USD"):
    mean = math.fsum(prices) / len(prices)
    return a_close(
        number,
        pair=pair,
        first=prices[0],
        last=prices[-1],
        mean=mean,
        std=math.sqrt(math.fsum((price - mean) ** 2 for price in prices) / len(prices)),
        min=min(prices),
        max=max(prices),
    )


def emissions(closes, lateness=LATENESS_WINDOWS):
    """Yield what the log says of *closes*: each as it ends, and final *lateness* windows later."""
    for number, close in enumerate(closes):
        yield close
        if number >= lateness:
            yield finalised(closes[number - lateness])


def finalised(close):
    return Close(
        **{name: getattr(close, name) for name in close.__struct_fields__} | {"final": True}
    )


class Book:
    """A forecaster with the rows it needs, as the tables keep them."""

    def __init__(self, pair="BTC/USD", terms=TERMS, mood_at=lambda time_s: None):
        self.forecaster = Forecaster(pair=pair)
        self.rows, self.terms, self.mood_at, self.is_wanted = {}, terms, mood_at, True
        self.offsets = count()
        self.history, self.outcomes = [], []

    def fold(self, *closes, offset=None):
        """Fold *closes*; return the forecasts that are new or have their outcome now."""
        told = []
        for close in closes:
            place = next(self.offsets) if offset is None else offset
            for forecast, came_true in self.forecaster.fold(
                close, place, self.terms, self.rows.get, self.mood_at, lambda: self.is_wanted
            ):
                self.rows[forecast.key] = forecast
                told.append(forecast)
                self.history.append((place, forecast))
                if came_true:
                    self.outcomes.append((place, forecast))
        return told
