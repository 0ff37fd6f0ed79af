"""An alert: the price of a pair moved by more than a threshold."""

from __future__ import annotations

from typing import Literal

import msgspec

from cryptoviz import pair
from cryptoviz.records.fields import Shape
from cryptoviz.records.pairs import needed_pair
from cryptoviz.records.rules import Reader, Rules

Kind = Literal["PRICE_UP", "PRICE_DOWN"]

_SHAPE = Shape("pair", "last", "change", "threshold", "timestamp")


class Alert(msgspec.Struct, gc=False):
    """One alert: *last* in quote currency, *change* and *threshold* in percent of either sign.

    *event_time_s* is the venue's Unix time in seconds.
    """

    pair: str
    last: float
    change: float
    threshold: float
    event_time_s: float

    @property
    def kind(self) -> Kind:
        """The direction of the change; no change at all counts as up."""
        return "PRICE_DOWN" if self.change < 0 else "PRICE_UP"


def reader(rules: Rules) -> Reader[Alert]:
    """Return a function that reads one message. Alerts are few, so it always reads carefully."""
    pair_of = pair.lookup(rules.quotes)

    def read(value: bytes | None, kafka_timestamp_ms: int) -> Alert:
        fields = _SHAPE.fields(value)
        return Alert(
            needed_pair(fields, pair_of),
            fields.needed_number("last", "above 0"),
            fields.needed_number("change"),
            fields.needed_number("threshold"),
            fields.needed_time_s("timestamp", kafka_timestamp_ms),
        )

    return read
