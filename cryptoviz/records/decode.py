"""Decode a batch of raw messages into typed records, and say why the others are none.

One message at a time, with a typed decoder made once. Joining a batch to one JSON array was slower
(0.48 against 0.39 µs a ticker, benchmarks/decode.py) and is unsafe: `{"pair":"}` and `{","last":1}`
join into one valid object, and another value `{..},{..}` makes the count right again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, cast

from cryptoviz.records import alert, article, ticker, trade
from cryptoviz.records.rejection import Rejected, RejectionError
from cryptoviz.records.rules import R, RawRecord, Reader, Rules

_READERS: dict[type, Callable[[Rules], Reader[Any]]] = {
    ticker.Ticker: ticker.reader,
    trade.Trade: trade.reader,
    article.Article: article.reader,
    alert.Alert: alert.reader,
}


@dataclass(slots=True)
class Decoded(Generic[R]):
    """A decoded batch: each raw message is either in *records* or in *rejected*, in order.

    Record i is the raw message at *indexes*[i]; *indexes* is None when all became records, so
    that record i is raw message i.
    """

    records: list[R]
    indexes: list[int] | None
    rejected: list[Rejected]


def decoder_for(kind: type[R], rules: Rules) -> Callable[[Sequence[RawRecord]], Decoded[R]]:
    """Return a function that decodes a batch of one topic; it never raises for any message.

    *kind* is one of Ticker, Trade, Article and Alert; raises KeyError for another.
    """
    read = cast("Reader[R]", _READERS[kind](rules))

    def decode(raw: Sequence[RawRecord]) -> Decoded[R]:
        records: list[R] = []
        rejected: list[Rejected] = []
        append = records.append
        for record in raw:
            try:
                append(read(record.value, record.timestamp))
            except RejectionError as rejection:
                index = len(records) + len(rejected)
                rejected.append(Rejected(index, str(rejection.code), rejection.reason))
        if not rejected:
            return Decoded(records, None, rejected)
        bad = {rejection.index for rejection in rejected}
        return Decoded(records, [i for i in range(len(raw)) if i not in bad], rejected)

    return decode
