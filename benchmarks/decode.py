"""Time the decoding of one polled batch, beside `orjson.loads` on the same messages.

    python -m benchmarks.decode [records in a batch, default 20000]

Rounds alternate between the ways, so that a busy machine slows all of them; the best round counts.
"plain" messages need no mending, "mended" ones send numbers as text and times in milliseconds.

Measured (Python 3.11, two shared cores), µs a record and ratio to orjson in the same rounds:

    orjson.loads, untyped                     1.01   1.0   reads, checks nothing
    decoder_for(Ticker), plain                0.89   0.9   all rules, normalised pairs
    decoder_for(Ticker), mended               1.34   1.3
    decoder_for(Trade), plain                 0.84   1.1
    typed msgspec, one by one, no rules       0.47   0.5
    typed msgspec, joined array, no rules     0.78   0.8   why messages are not joined
    decoder_for(Article), plain                 22   3.2   few: always read carefully
    decoder_for(Alert), plain                  5.5   9.0   few: always read carefully
"""

from __future__ import annotations

import functools
import random
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import orjson
from aiokafka.structs import ConsumerRecord  # type: ignore[import-untyped]  # it has no py.typed

from cryptoviz.records import Alert, Article, Rules, Ticker, Trade, decoder_for

ROUNDS = 9
EVENT_TIME_S = 1_764_310_291
PAIRS = ("BTC/USD", "ETH/USD", "SOL/EUR", "XRP/USDT", "ADA/USD", "DOGE/USD", "DOT/USD", "LTC/EUR")

R = TypeVar("R")
Messages = list[dict[str, Any]]


class WireTicker(msgspec.Struct, gc=False):
    """The least a typed decoder can do: types, and no rule."""

    pair: str
    last: float
    timestamp: float
    bid: float | None = None
    ask: float | None = None
    volume_24h: float | None = None


def tickers(count: int) -> Messages:
    """Return *count* ticker messages in the producers' form."""
    rng = random.Random(1)
    return [
        {
            "pair": rng.choice(PAIRS),
            "last": (last := round(rng.uniform(1, 40_000), 2)),
            "bid": round(last - 1.5, 2) if last > 2 else last,
            "ask": round(last + 1.5, 2),
            "volume_24h": round(rng.uniform(1, 2000), 3),
            "timestamp": EVENT_TIME_S + i % 300,
        }
        for i in range(count)
    ]


def mended(messages: Messages) -> Messages:
    """Return *messages* with numbers as text and times in milliseconds."""
    return [
        {name: str(value) for name, value in message.items()}
        | {"timestamp": message["timestamp"] * 1000}
        for message in messages
    ]


def trades(count: int) -> Messages:
    """Return *count* trade messages in the producers' form."""
    rng = random.Random(2)
    return [
        {
            "pair": rng.choice(PAIRS),
            "price": round(rng.uniform(1, 40_000), 2),
            "volume": round(rng.uniform(0.001, 5), 6),
            "timestamp": EVENT_TIME_S + i % 300,
            "side": rng.choice("bs"),
        }
        for i in range(count)
    ]


def articles(count: int) -> Messages:
    """Return *count* article messages in the producers' form."""
    return [
        {
            "id": f"cointelegraph_{EVENT_TIME_S + i % 300}",
            "title": "Bitcoin holds its ground",
            "url": f"https://news.example/{i}",
            "website": "news.example",
            "content": {"summary": "Bitcoin held its ground today. " * 10},
            "cryptocurrencies_mentioned": ["BTC", "ETH"],
            "sentiment": {"score": 0.993, "label": "positive"},
        }
        for i in range(count)
    ]


def alerts(count: int) -> Messages:
    """Return *count* alert messages in the producers' form."""
    return [
        {"pair": pair, "last": 34000, "change": 1.2, "threshold": 1, "timestamp": EVENT_TIME_S}
        for pair in random.Random(3).choices(PAIRS, k=count)
    ]


def as_records(messages: Messages) -> list[Any]:
    """Return *messages* as aiokafka hands them over."""
    values = [orjson.dumps(message) for message in messages]
    return [
        ConsumerRecord("t", 0, i, EVENT_TIME_S * 1000, 0, None, value, None, 0, len(value), ())
        for i, value in enumerate(values)
    ]


def best_times_us(ways: dict[str, Callable[[], Any]], count: int) -> dict[str, float]:
    """Return the best time of each way, in µs a record."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            started = time.perf_counter()
            result = way()
            best[name] = min(best[name], (time.perf_counter() - started) / count * 1e6)
            del result
    return best


def compare(title: str, kind: type[R], messages: Messages, **others: Any) -> None:
    """Print the times of decoding *messages* as *kind*, and their ratios to orjson's."""
    raw = as_records(messages)
    decode = decoder_for(kind, Rules())
    rejected = decode(raw).rejected
    assert not rejected, rejected[0]
    ways: dict[str, Callable[[], Any]] = {
        "orjson.loads, untyped": lambda: [orjson.loads(record.value) for record in raw],
        f"decoder_for({kind.__name__}), {title}": lambda: decode(raw),
    }
    for name, way in others.items():
        ways[name] = functools.partial(way, raw)
    best = best_times_us(ways, len(raw))
    for name, time_us in best.items():
        print(f"{name:42}{time_us:6.2f} µs {time_us / best['orjson.loads, untyped']:6.2f}")


def main() -> None:
    """Compare all kinds."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    one = msgspec.json.Decoder(WireTicker).decode
    many = msgspec.json.Decoder(list[WireTicker]).decode

    def joined(raw: Sequence[Any]) -> list[WireTicker]:
        return many(b"[" + b",".join([record.value for record in raw]) + b"]")

    bare = {
        "typed msgspec, one by one, no rules": lambda raw: [one(record.value) for record in raw],
        "typed msgspec, joined array, no rules": joined,
    }
    compare("plain", Ticker, tickers(count), **bare)
    compare("mended", Ticker, mended(tickers(count)))
    compare("plain", Trade, trades(count))
    compare("plain", Article, articles(count))
    compare("plain", Alert, alerts(count))


if __name__ == "__main__":
    main()
