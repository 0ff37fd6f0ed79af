"""A ticker: the last price of a pair, with the best bid and ask around it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from cryptoviz import pair
from cryptoviz.records.fields import Shape
from cryptoviz.records.pairs import needed_pair
from cryptoviz.records.plain import PlainReading, Positive, plain_reading
from cryptoviz.records.rules import Reader, Rules

_SHAPE = Shape("pair", "last", "bid", "ask", "volume_24h", "timestamp")


class Ticker(msgspec.Struct, gc=False):
    """One quote update: prices in quote currency, *volume_24h* in base currency.

    *last* may lie outside bid and ask; those and *volume_24h* are None when not sent.
    *event_time_s* is the venue's Unix time in seconds.
    """

    pair: str
    last: float
    bid: float | None
    ask: float | None
    volume_24h: float | None
    event_time_s: float


class _Plain(Ticker, kw_only=True, gc=False):
    """What nearly all messages are, under their names for the fields."""

    declared: ClassVar[type[Ticker]] = Ticker

    pair: str
    last: Positive
    bid: Positive | None = None
    ask: Positive | None = None
    volume_24h: Positive | None = None
    event_time_s: Positive = msgspec.field(name="timestamp")


def reader(rules: Rules) -> Reader[Ticker]:
    """Return a function that reads one message field by field, and knows every rule."""
    pair_of = pair.lookup(rules.quotes)

    def read(value: bytes | None, kafka_timestamp_ms: int) -> Ticker:
        fields = _SHAPE.fields(value)
        return Ticker(
            needed_pair(fields, pair_of),
            fields.needed_number("last", "above 0"),
            fields.number("bid", "above 0"),
            fields.number("ask", "above 0"),
            fields.number("volume_24h", "of at least 0"),
            fields.needed_time_s("timestamp", kafka_timestamp_ms),
        )

    return read


def plain(rules: Rules) -> PlainReading[Ticker]:
    """Return how many messages are read at once."""
    return plain_reading(_Plain, rules)
