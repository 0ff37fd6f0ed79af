"""Prices as a geometric random walk whose volatility changes regime."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

from cryptoviz.simulator.catalog import Asset, asset

SECONDS_PER_DAY = 86_400
TURBULENCE = 4.0
CALM_MEAN_S = 7_200.0
TURBULENT_MEAN_S = 1_800.0

# Articles are written about the price this long before or after them.
HORIZON_S = 300


class Walk:
    """The price of one asset in USD, one step a second.

    The log price moves by a normal step (geometric Brownian motion without drift in price).
    Its volatility is that of a two-state Markov chain, calm or `TURBULENCE` times that
    (J. D. Hamilton, "A New Approach to the Economic Analysis of Nonstationary Time Series and
    the Business Cycle", Econometrica 57(2), 1989, 357-384).
    """

    def __init__(self, seed: int, symbol: str, traits: Asset) -> None:
        # Each asset draws from its own stream, so that another asset changes nothing here.
        self._stream = random.Random(f"{seed}/walk/{symbol}")
        self._volatility = traits.daily_volatility / math.sqrt(SECONDS_PER_DAY)
        self._shared = traits.market_share
        self._own = math.sqrt(1.0 - traits.market_share**2)
        self.price_usd = traits.price_usd
        turbulent_share = TURBULENT_MEAN_S / (TURBULENT_MEAN_S + CALM_MEAN_S)
        self.turbulent = self._stream.random() < turbulent_share

    def step(self, market: float) -> None:
        """Walk one second; *market* is the standard normal step of the market as a whole."""
        stream = self._stream
        mean_s = TURBULENT_MEAN_S if self.turbulent else CALM_MEAN_S
        if stream.random() * mean_s < 1.0:
            self.turbulent = not self.turbulent
        step = self._shared * market + self._own * stream.gauss(0.0, 1.0)
        volatility = self._volatility * (TURBULENCE if self.turbulent else 1.0)
        # The second term keeps the price, not its logarithm, free of drift.
        self.price_usd *= math.exp(volatility * step - volatility * volatility / 2.0)


class Prices:
    """Prices of several assets, from `HORIZON_S` before the present second to as long after it.

    They are known ahead so that an article can be written about a move that is yet to come.
    """

    def __init__(self, seed: int, symbols: Iterable[str], start_s: int) -> None:
        self._market = random.Random(f"{seed}/market")
        self._traits = {symbol: asset(symbol, seed) for symbol in symbols}
        self._walks = {name: Walk(seed, name, traits) for name, traits in self._traits.items()}
        self._size = 2 * HORIZON_S + 1
        # A ring of (price, turbulent), indexed by the second modulo its size.
        self._rings = {name: [(0.0, False)] * self._size for name in self._walks}
        self._head_s = start_s - HORIZON_S - 1
        self.advance_to(start_s)

    def advance_to(self, now_s: int) -> None:
        """Make *now_s* (Unix seconds) the present; going back changes nothing."""
        while self._head_s < now_s + HORIZON_S:
            self._head_s += 1
            slot = self._head_s % self._size
            market = self._market.gauss(0.0, 1.0)
            for symbol, walk in self._walks.items():
                walk.step(market)
                self._rings[symbol][slot] = (walk.price_usd, walk.turbulent)

    def price_usd(self, symbol: str, at_s: int) -> float:
        """Return the price at *at_s*, which must lie within `HORIZON_S` of the present."""
        return self._rings[symbol][at_s % self._size][0]

    def is_turbulent(self, symbol: str, at_s: int) -> bool:
        """Return whether *symbol* was in its turbulent regime at *at_s*."""
        return self._rings[symbol][at_s % self._size][1]

    def standard_return(self, symbol: str, from_s: int, to_s: int) -> float:
        """Return the log return over the period in units of its calm standard deviation."""
        deviation = self._traits[symbol].daily_volatility * math.sqrt(
            (to_s - from_s) / SECONDS_PER_DAY
        )
        if deviation == 0.0:
            return 0.0
        ratio = self.price_usd(symbol, to_s) / self.price_usd(symbol, from_s)
        return math.log(ratio) / deviation
