"""The simulated market: messages of all four topics in the order of their time."""

from __future__ import annotations

import itertools
import math
import random
from bisect import bisect
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from cryptoviz.simulator.catalog import CURRENCIES, PAIRS, split_pair
from cryptoviz.simulator.message import Message
from cryptoviz.simulator.news import Newsroom
from cryptoviz.simulator.process import Prices
from cryptoviz.simulator.quotes import PairQuotes

ARTICLE_SHARE = 0.01
TRADE_SHARE = 0.39


@dataclass(frozen=True)
class Market:
    """An endless market; iterating it again starts the same market from its beginning.

    Its messages depend on these fields alone. *rate_per_s* counts the messages of all topics
    for each second of market time: about 60 % tickers, 39 % trades, 1 % articles, and an alert
    whenever a pair has moved by *alert_threshold_percent* since its last one. *start_s* is in
    Unix seconds. Raises `ValueError` for a pair that is not BASE/QUOTE, for none or two of the
    same, and for a rate or threshold that is not above 0.
    """

    seed: int
    start_s: float
    pairs: tuple[str, ...] = PAIRS
    rate_per_s: float = 200.0
    alert_threshold_percent: float = 1.0

    def __post_init__(self) -> None:
        if not self.pairs or len(set(self.pairs)) < len(self.pairs):
            raise ValueError(f"pairs must be given once each, were {', '.join(self.pairs)!r}")
        for pair in self.pairs:
            split_pair(pair)
        for name in ("rate_per_s", "alert_threshold_percent"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be above 0, was {getattr(self, name)}")

    def __iter__(self) -> Iterator[Message]:
        symbols = dict.fromkeys(symbol for pair in self.pairs for symbol in split_pair(pair))
        cryptos = [symbol for symbol in symbols if symbol not in CURRENCIES]
        prices = Prices(self.seed, symbols, math.floor(self.start_s))
        quotes = [
            PairQuotes(self.seed, pair, prices, self.alert_threshold_percent) for pair in self.pairs
        ]
        newsroom = Newsroom(self.seed, cryptos or list(symbols), prices)
        alerts: deque[Message] = deque()
        for at_s, draw, quote in self._arrivals(quotes):
            prices.advance_to(int(at_s))
            # An alert takes the next place, so that the rate counts every message.
            if alerts:
                alert = alerts.popleft()
                yield alert._replace(send_time_s=at_s)
            elif draw < ARTICLE_SHARE:
                website, article = newsroom.article(at_s)
                yield Message("article", website, article, at_s, at_s, None)
            elif draw < ARTICLE_SHARE + TRADE_SHARE:
                yield Message("trade", quote.key, quote.trade(at_s), at_s, at_s, quote.pair)
            else:
                ticker, last = quote.ticker(at_s)
                if (alert_value := quote.alert(last, at_s)) is not None:
                    alerts.append(Message("alert", quote.key, alert_value, at_s, at_s, quote.pair))
                yield Message("ticker", quote.key, ticker, at_s, at_s, quote.pair)

    def _arrivals(self, quotes: list[PairQuotes]) -> Iterator[tuple[float, float, PairQuotes]]:
        """Yield for each message its time, a draw in [0, 1) for its kind, and a pair.

        Each has its own slot of 1 / rate seconds and a uniform place in it. The count over any
        period is then exact to one message; each kind and pair, thinned from it, comes near to
        a Poisson process.
        """
        stream = random.Random(f"{self.seed}/arrivals")
        busyness = list(
            itertools.accumulate(1.0 / (rank + 1) ** 0.7 for rank in range(len(quotes)))
        )
        total = busyness[-1]
        for slot in itertools.count():
            at_s = self.start_s + (slot + stream.random()) / self.rate_per_s
            draw = stream.random()
            yield at_s, draw, quotes[bisect(busyness, stream.random() * total)]
