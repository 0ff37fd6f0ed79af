"""Read many messages at once with typed decoders: the plain way, for the topics with many records.

A plain decoder accepts only what needs no thought: finite numbers above 0, as numbers or as text.
It is lax about text because that costs nothing here and saves most of the careful way's time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic

import msgspec
from msgspec import Meta

from cryptoviz.event_time import all_believed
from cryptoviz.pair import lookup
from cryptoviz.records.rules import R, RawRecord, Rules

# The upper bound is for "inf" as text. Zero is left to the careful way, which knows -0.0.
Positive = Annotated[float, Meta(gt=0, le=sys.float_info.max)]

# All that a typed decoder and the pure rules raise for some bytes; ValueError is invalid UTF-8 too.
# After any of them the message is read carefully, which mends it or says what is wrong.
NOT_PLAIN = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


class Plain(msgspec.Struct, kw_only=True, gc=False):
    """What plain messages about a pair have in common."""

    pair: str
    timestamp: Positive


@dataclass(frozen=True)
class PlainReading(Generic[R]):
    """How plain messages of one kind are read; both raise one of `NOT_PLAIN` for any other.

    *decode* reads one message, *records* makes the records of many, given those as they came.
    """

    decode: Callable[[Any], Any]
    records: Callable[[list[Any], Sequence[RawRecord]], list[R]]


def plain_reading(
    struct: type[Plain],
    rules: Rules,
    records: Callable[[list[Any], dict[str, str], list[float]], list[R]],
) -> PlainReading[R]:
    """Return how to read the messages that *struct* describes.

    *records* makes records from decoded messages, the normal spelling of each pair in them, and
    the event time (s) of each message.
    """
    pair_of = lookup(rules.quotes)

    def read(plains: list[Any], raw: Sequence[RawRecord]) -> list[R]:
        times_s = all_believed(
            [plain.timestamp for plain in plains], [record.timestamp for record in raw]
        )
        pairs = {text: pair_of(text) for text in {plain.pair for plain in plains}}
        return records(plains, pairs, times_s)

    return PlainReading(msgspec.json.Decoder(struct, strict=False).decode, read)
