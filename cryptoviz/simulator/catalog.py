"""What is traded on the simulated market: cryptos, currencies and pairs."""

from __future__ import annotations

import random
from typing import NamedTuple


class Asset(NamedTuple):
    """A crypto or a currency.

    `price_usd` is its first price, `daily_volatility` the standard deviation of its daily log
    return in calm times, `half_spread` the calm distance from mid to bid or ask (a fraction).
    `market_share` in [0, 1] is its correlation with the market as a whole.
    """

    price_usd: float
    daily_volatility: float
    half_spread: float
    market_share: float = 0.7


CRYPTOS: dict[str, Asset] = {
    "BTC": Asset(91_000.0, 0.022, 0.00005),
    "ETH": Asset(3_000.0, 0.032, 0.00007),
    "SOL": Asset(137.0, 0.040, 0.0001),
    "XRP": Asset(2.20, 0.038, 0.0001),
    "ADA": Asset(0.42, 0.042, 0.0002),
    "DOGE": Asset(0.15, 0.048, 0.0002),
    "DOT": Asset(2.30, 0.044, 0.0003),
    "AVAX": Asset(14.6, 0.046, 0.0003),
    "LINK": Asset(13.2, 0.044, 0.0002),
    "LTC": Asset(85.0, 0.036, 0.0002),
    "BNB": Asset(890.0, 0.026, 0.0001),
    "TRX": Asset(0.28, 0.020, 0.0002),
    "ATOM": Asset(2.50, 0.044, 0.0003),
    "UNI": Asset(6.20, 0.050, 0.0003),
    "BCH": Asset(530.0, 0.040, 0.0002),
}

CURRENCIES: dict[str, Asset] = {
    "USD": Asset(1.0, 0.0, 0.00002, market_share=0.0),
    "EUR": Asset(1.16, 0.004, 0.00002, market_share=0.0),
    "USDT": Asset(1.0, 0.0005, 0.00002, market_share=0.0),
}

# In order of their share of the messages: the first is the busiest.
PAIRS: tuple[str, ...] = (
    "BTC/USD", "ETH/USD", "BTC/USDT", "SOL/USD", "XRP/USD", "ETH/USDT", "DOGE/USD", "BTC/EUR",
    "BNB/USD", "ADA/USD", "ETH/EUR", "LINK/USD", "SOL/USDT", "LTC/USD", "AVAX/USD", "TRX/USD",
    "DOT/USD", "BCH/USD", "UNI/USD", "ATOM/USD",
)  # fmt: skip


def asset(symbol: str, seed: int) -> Asset:
    """Return the asset named *symbol*; one that is not in the catalog is drawn from *seed*."""
    known = CRYPTOS.get(symbol) or CURRENCIES.get(symbol)
    if known is not None:
        return known
    stream = random.Random(f"{seed}/asset/{symbol}")
    return Asset(
        price_usd=10 ** stream.uniform(-2.0, 2.0),
        daily_volatility=stream.uniform(0.04, 0.08),
        half_spread=stream.uniform(0.0003, 0.001),
    )


def split_pair(pair: str) -> tuple[str, str]:
    """Return base and quote of *pair*. Raises `ValueError` unless it is upper case BASE/QUOTE."""
    base, _, quote = pair.partition("/")
    if not (base.isalnum() and quote.isalnum() and base != quote and pair == pair.upper()):
        raise ValueError(f"pair must be BASE/QUOTE in upper case, was {pair!r}")
    return base, quote
