"""Decode a batch of raw messages into typed records, and say why the others are none.

Each message by itself, with a typed decoder made once. Joining a batch to one JSON array was slower
(0.78 against 0.47 µs a ticker, benchmarks/decode.py) and is unsafe: `{"pair":"}` and `{","last":1}`
join into one valid object, and another value `{..},{..}` makes the count right again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, cast

from cryptoviz.records import alert, article, ticker, trade
from cryptoviz.records.plain import NOT_PLAIN, PlainReading
from cryptoviz.records.rejection import Rejected, RejectionError
from cryptoviz.records.rules import R, RawRecord, Reader, Rules

_READERS: dict[type, Callable[[Rules], Reader[Any]]] = {
    ticker.Ticker: ticker.reader,
    trade.Trade: trade.reader,
    article.Article: article.reader,
    alert.Alert: alert.reader,
}
# Articles and alerts are few, so they are always read one by one.
_PLAIN: dict[type, Callable[[Rules], PlainReading[Any]]] = {
    ticker.Ticker: ticker.plain,
    trade.Trade: trade.plain,
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


class _Decoding(Generic[R]):
    """One batch on its way to a `Decoded`."""

    def __init__(self, read: Reader[R], plain: PlainReading[R] | None) -> None:
        self.records: list[R] = []
        self.rejected: list[Rejected] = []
        self._read, self._plain = read, plain

    def decode(self, raw: Sequence[RawRecord]) -> None:
        """Decode runs of plain messages at once, and the message between two runs by itself."""
        if self._plain is None:
            self._one_by_one(raw)
            return
        values, begin = iter([record.value for record in raw]), 0
        while begin < len(raw):
            plains: list[Any] = []
            # A message that is not plain ends the run; those before it are in the list.
            with suppress(*NOT_PLAIN):
                plains.extend(map(self._plain.decode, values))
            end = begin + len(plains)
            if plains:
                self._plainly(self._plain, plains, raw[begin:end])
            self._one_by_one(raw[end : end + 1])
            begin = end + 1

    def _plainly(self, plain: PlainReading[R], plains: list[Any], raw: Sequence[RawRecord]) -> None:
        try:
            plain.settle(plains, raw)
        except NOT_PLAIN:
            if len(raw) == 1:
                self._one_by_one(raw)
                return
            # A pair or a time is odd. In halves of halves, few others are read again for it.
            half = len(raw) // 2
            self._plainly(plain, plains[:half], raw[:half])
            self._plainly(plain, plains[half:], raw[half:])
        else:
            self.records += plains

    def _one_by_one(self, raw: Sequence[RawRecord]) -> None:
        for record in raw:
            # Kafka's oldest message format has none.
            timestamp_ms = -1 if record.timestamp is None else record.timestamp
            try:
                self.records.append(self._read(record.value, timestamp_ms))
            except RejectionError as rejection:
                index = len(self.records) + len(self.rejected)
                self.rejected.append(Rejected(index, str(rejection.code), rejection.reason))


def decoder_for(kind: type[R], rules: Rules) -> Callable[[Sequence[RawRecord]], Decoded[R]]:
    """Return a function that decodes a batch of one topic; it never raises for any message.

    *kind* is one of Ticker, Trade, Article and Alert; raises KeyError for another.
    """
    read = cast("Reader[R]", _READERS[kind](rules))
    plain = _PLAIN[kind](rules) if kind in _PLAIN else None

    def decode(raw: Sequence[RawRecord]) -> Decoded[R]:
        decoding = _Decoding(read, plain)
        decoding.decode(raw)
        records, rejected = decoding.records, decoding.rejected
        if not rejected:
            return Decoded(records, None, rejected)
        bad = {rejection.index for rejection in rejected}
        return Decoded(records, [i for i in range(len(raw)) if i not in bad], rejected)

    return decode
