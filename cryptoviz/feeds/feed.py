"""The kinds of feeds: how the records of a topic become messages."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

from cryptoviz.feeds.cursor import Rank, WindowKey
from cryptoviz.feeds.message import Message
from cryptoviz.records import Alert, Article, RawRecord, Rules, Ticker, Trade, decoder_for
from cryptoviz.window import SEPARATOR

_encode = msgspec.json.Encoder().encode
# Records sent again after a crash lie at most so far behind what they repeat.
WARM_UP_RECORDS = 5_000


class FeedRecord(RawRecord, Protocol):
    """A Kafka record, as far as feeds look at it."""

    @property
    def key(self) -> bytes | None:
        """The record's key."""

    @property
    def partition(self) -> int:
        """The record's partition."""

    @property
    def offset(self) -> int:
        """The record's offset."""


Decode = Callable[[Sequence[Any]], list[Message]]


@dataclass(frozen=True)
class Feed:
    """A feed: its name in channels, its topic, and what makes messages of records.

    *subject* is what channels name after the colon: a pair, or a crypto. A reader begins
    *warm_up* records early, to know what was told before.
    """

    name: str
    topic: str
    subject: str
    decode: Decode
    warm_up: int = 0


class _State(msgspec.Struct, gc=False):
    revision: int
    final: bool = False


_state = msgspec.json.Decoder(_State).decode


def window_feed(
    name: str,
    topic: str,
    subject: str,
    shape: Callable[[bytes], bytes] | None = None,
    size_label: Callable[[int], str] = str,
) -> Feed:
    """Return the feed of a results topic; *shape* makes what subscribers get of a window.

    Windows of other than the usual size have it in their subject: `BTC/USD:5m`.
    """

    def decode(records: Sequence[FeedRecord]) -> list[Message]:
        messages = []
        for record in records:
            if record.value is None or record.key is None:
                continue
            of, start, *size = record.key.decode().split(SEPARATOR)
            if size:
                of = f"{of}:{size_label(int(size[0]))}"
            state = _state(record.value)
            messages.append(
                Message(
                    name,
                    (of,),
                    record.partition,
                    record.offset,
                    record.value,
                    None if shape is None else functools.partial(shape, record.value),
                    WindowKey(name, of, int(start)),
                    Rank(state.revision, state.final),
                )
            )
        return messages

    return Feed(name, topic, subject, decode, WARM_UP_RECORDS)


def row_feed(name: str, topic: str, subject: str) -> Feed:
    """Return the feed of a results topic whose records replace the one before of their key.

    The key begins with the subject, as ``BTC|BTC/USD`` does.
    """

    def decode(records: Sequence[FeedRecord]) -> list[Message]:
        messages = []
        for record in records:
            if record.value is None or record.key is None:
                continue
            key, rank = record.key.decode(), Rank(_state(record.value).revision, False)
            subjects, place = (key.partition(SEPARATOR)[0],), (record.partition, record.offset)
            window = WindowKey(name, key, 0)
            messages.append(Message(name, subjects, *place, record.value, None, window, rank))
        return messages

    return Feed(name, topic, subject, decode, WARM_UP_RECORDS)


def record_feed(name: str, topic: str, kind: type[Any], rules: Rules) -> Feed:
    """Return the feed of a raw topic; a message that is no record of *kind* is left out."""
    decode_all = decoder_for(kind, rules)
    row, subjects_of = _ROWS[kind]

    def decode(records: Sequence[FeedRecord]) -> list[Message]:
        decoded = decode_all(records)
        indexes = range(len(records)) if decoded.indexes is None else decoded.indexes
        return [
            _message(name, records[index], found, row, subjects_of(found))
            for index, found in zip(indexes, decoded.records, strict=True)
        ]

    return Feed(name, topic, "crypto" if kind is Article else "pair", decode)


def _message(
    name: str,
    record: FeedRecord,
    found: Any,
    row: Callable[[Any], dict[str, Any]],
    subjects: tuple[str, ...],
) -> Message:
    def encode() -> bytes:
        return _encode(row(found))

    return Message(name, subjects, record.partition, record.offset, record.value or b"", encode)


def _time(record: Any) -> datetime:
    return datetime.fromtimestamp(record.event_time_s, UTC)


# The same fields as rows of history answers have, so that the two join.
def _ticker(ticker: Ticker) -> dict[str, Any]:
    return {
        "timestamp": _time(ticker),
        "pair": ticker.pair,
        "last": ticker.last,
        "bid": ticker.bid,
        "ask": ticker.ask,
        "volume_24h": ticker.volume_24h,
    }


def _trade(trade: Trade) -> dict[str, Any]:
    return {
        "timestamp": _time(trade),
        "pair": trade.pair,
        "price": trade.price,
        "volume": trade.volume,
        "side": trade.side,
    }


def _article(article: Article) -> dict[str, Any]:
    return {
        "timestamp": _time(article),
        "article_id": article.id,
        "title": article.title,
        "url": article.url,
        "website": article.website,
        "summary": article.summary,
        "cryptocurrencies_mentioned": article.cryptos,
        "sentiment_score": article.score,
        "sentiment_label": article.label,
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "timestamp": _time(alert),
        "pair": alert.pair,
        "last_price": alert.last,
        "change_percent": alert.change,
        "threshold": alert.threshold,
        "alert_type": alert.kind,
    }


def _pair(record: Any) -> tuple[str, ...]:
    return (record.pair,)


def _cryptos(article: Article) -> tuple[str, ...]:
    return article.cryptos


_ROWS: dict[type[Any], tuple[Callable[[Any], dict[str, Any]], Callable[[Any], tuple[str, ...]]]] = {
    Ticker: (_ticker, _pair),
    Trade: (_trade, _pair),
    Article: (_article, _cryptos),
    Alert: (_alert, _pair),
}
