"""Articles whose sentiment leads or follows the price, weakly."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import orjson

from cryptoviz.simulator.process import HORIZON_S, Prices

WEBSITES = (
    "cointelegraph.com", "coindesk.com", "decrypt.co", "theblock.co", "cryptoslate.com",
    "bitcoinmagazine.com",
)  # fmt: skip

# Scrapers find these among the mentions too, though nobody trades them.
NOT_CRYPTOS = ("mining", "DeFi", "stablecoin", "ETF")
NOT_CRYPTO_SHARE = 0.15

# How much of an article's mood is the price's: a correlation of about 0.3.
PRICE_WEIGHT = 0.3
MOST_STANDARD_RETURN = 3.0

HEADLINES = {
    "positive": ("{} rallies as buyers return", "Analysts see room for {} to climb",
                 "Inflows lift {} to a weekly high"),
    "neutral": ("{} trades sideways ahead of the weekend", "What to watch in {} this week",
                "{} holders wait for a direction"),
    "negative": ("{} slides as traders take profit", "Outflows weigh on {}",
                 "Analysts warn of further losses for {}"),
}  # fmt: skip


class Newsroom:
    """Writes articles about the given cryptos; the first are the most written about."""

    def __init__(self, seed: int, cryptos: Sequence[str], prices: Prices) -> None:
        self._stream = random.Random(f"{seed}/news")
        self._cryptos = tuple(cryptos)
        self._weights = [1.0 / (rank + 2) for rank in range(len(self._cryptos))]
        self._prices = prices
        self._written = 0

    def article(self, at_s: float) -> tuple[bytes, bytes]:
        """Return website and article, both UTF-8, published at *at_s* (Unix seconds)."""
        stream = self._stream
        self._written += 1
        website = stream.choice(WEBSITES)
        mentioned = self._mentioned()
        score = self._score(mentioned[0], int(at_s))
        label = label_of(score)
        title = stream.choice(HEADLINES[label]).format(mentioned[0])
        slug = "-".join(title.lower().split())
        # Whole words only: two articles of a site in one second share their id, as real ones do.
        value = {
            "id": f"{website.split('.')[0]}_{int(at_s)}",
            "title": title,
            "url": f"https://{website}/news/{slug}-{self._written}",
            "website": website,
            "content": {"summary": f"{title}. Mentioned: {', '.join(mentioned)}."},
            "cryptocurrencies_mentioned": mentioned,
            "sentiment": {"score": score, "label": label},
            "published_at": int(at_s),
        }
        return website.encode(), orjson.dumps(value)

    def _mentioned(self) -> list[str]:
        stream = self._stream
        wanted = stream.choices((1, 2, 3), (6, 3, 1))[0]
        drawn = stream.choices(self._cryptos, self._weights, k=wanted)
        mentioned = list(dict.fromkeys(drawn))
        if stream.random() < NOT_CRYPTO_SHARE:
            mentioned.append(stream.choice(NOT_CRYPTOS))
        return mentioned

    def _score(self, crypto: str, at_s: int) -> float:
        stream = self._stream
        # Half of the articles know the next minutes, half retell the last ones.
        leads = stream.random() < 0.5
        from_s, to_s = (at_s, at_s + HORIZON_S) if leads else (at_s - HORIZON_S, at_s)
        moved = self._prices.standard_return(crypto, from_s, to_s)
        moved = max(-MOST_STANDARD_RETURN, min(MOST_STANDARD_RETURN, moved))
        mood = PRICE_WEIGHT * moved + math.sqrt(1.0 - PRICE_WEIGHT**2) * stream.gauss(0.0, 1.0)
        return round(1.0 / (1.0 + math.exp(-1.5 * mood)), 3)


def label_of(score: float) -> str:
    """Return the label of a *score* in [0, 1]: positive above 0.6, negative below 0.4."""
    if score > 0.6:
        return "positive"
    return "negative" if score < 0.4 else "neutral"
