"""A trade: one exchange of a pair at a price, in a size."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from cryptoviz import pair
from cryptoviz.records.fields import Fields, Shape
from cryptoviz.records.pairs import needed_pair
from cryptoviz.records.plain import PlainReading, Positive, plain_reading
from cryptoviz.records.rejection import Code
from cryptoviz.records.rules import Reader, Rules

Side = Literal["b", "s"]

_SHAPE = Shape("pair", "price", "volume", "timestamp", "side")
_SIDES: dict[str, Side] = {"b": "b", "buy": "b", "s": "s", "sell": "s"}


class Trade(msgspec.Struct, gc=False):
    """One trade: *price* in quote currency, *volume* in base currency, at least 0.

    *side* is the aggressor's, None when not known. *event_time_s* is the venue's Unix time in
    seconds. Two equal trades are two trades.
    """

    pair: str
    price: float
    volume: float
    side: Side | None
    event_time_s: float


class _Plain(Trade, kw_only=True, gc=False):
    """What nearly all messages are, under their names for the fields."""

    declared: ClassVar[type[Trade]] = Trade

    pair: str
    price: Positive
    volume: Positive
    side: Side | None = None
    event_time_s: Positive = msgspec.field(name="timestamp")


def reader(rules: Rules) -> Reader[Trade]:
    """Return a function that reads one message field by field, and knows every rule."""
    pair_of = pair.lookup(rules.quotes)

    def read(value: bytes | None, kafka_timestamp_ms: int) -> Trade:
        fields = _SHAPE.fields(value)
        pair_name = needed_pair(fields, pair_of)
        price = fields.needed_number("price", "above 0")
        volume, side = _volume_and_side(fields)
        time_s = fields.needed_time_s("timestamp", kafka_timestamp_ms)
        return Trade(pair_name, price, volume, side, time_s)

    return read


def plain(rules: Rules) -> PlainReading[Trade]:
    """Return how many messages are read at once."""
    return plain_reading(_Plain, rules)


def _volume_and_side(fields: Fields) -> tuple[float, Side | None]:
    volume = fields.needed_number("volume")
    if fields.given("side"):
        side = _SIDES.get((fields.text("side") or "").strip().lower())
        if side is None:
            raise fields.rejection(Code.BAD_SIDE, "side", "be b, s, buy or sell")
        return fields.needed_number("volume", "of at least 0"), side
    # Without a side the sign carries it: that is how some venues write a sell.
    return (-volume, "s") if volume < 0 else (volume, None)
