"""Read many messages at once with typed decoders: the plain way, for the topics with many records.

A plain decoder accepts only what needs no thought: finite numbers above 0, as numbers or as text.
It is lax about text because that costs nothing here and saves most of the careful way's time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Protocol

import msgspec
from msgspec import Meta

from cryptoviz.event_time import all_believed
from cryptoviz.pair import lookup
from cryptoviz.records.fields import LARGEST, SMALLEST
from cryptoviz.records.rules import R, RawRecord, Rules

# Zero is left to the careful way, which knows -0.0 and what may be 0.
Positive = Annotated[float, Meta(ge=SMALLEST, le=LARGEST)]

# All that a typed decoder and the pure rules raise for some bytes; ValueError is invalid UTF-8 too.
# After any of them the message is read carefully, which mends it or says what is wrong.
NOT_PLAIN = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


def declared(record: Any) -> Any:
    """Return *record* with the names of its declared class, whatever its messages called fields.

    So it is encoded the same whichever way it was read.
    """
    kind = getattr(record, "declared", None)
    return record if kind is None else kind(*msgspec.structs.astuple(record))


class AboutPair(Protocol):
    """What plain records have in common: the pair and the time (Unix s) may be mended."""

    pair: str
    event_time_s: float


@dataclass(frozen=True)
class PlainReading(Generic[R]):
    """How plain messages of one kind are read; both raise one of `NOT_PLAIN` for any other.

    *decode* reads one message. *settle* mends pairs and times in the records of many, given those
    as they came; where it raises, it has changed nothing.
    """

    decode: Callable[[Any], R]
    settle: Callable[[list[R], Sequence[RawRecord]], None]


def plain_reading(kind: type[R], rules: Rules) -> PlainReading[Any]:
    """Return how to read the messages that *kind*, an `AboutPair`, describes."""
    pair_of = lookup(rules.quotes)

    def settle(records: list[AboutPair], raw: Sequence[RawRecord]) -> None:
        sent = [record.event_time_s for record in records]
        times_s = all_believed(sent, [record.timestamp for record in raw])
        pairs = {text: pair_of(text) for text in {record.pair for record in records}}
        if times_s is not sent:
            for record, time_s in zip(records, times_s, strict=True):
                record.event_time_s = time_s
        if any(text != pair for text, pair in pairs.items()):
            for record in records:
                record.pair = pairs[record.pair]

    return PlainReading(msgspec.json.Decoder(kind, strict=False).decode, settle)
