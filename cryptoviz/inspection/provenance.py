"""Where the value of a window comes from, and folding its source records again.

A value holds, per source partition, the last offset folded into it. Its records lie between the
first offset whose Kafka timestamp allows an event time in the window and that last one: a time
further ahead of its Kafka timestamp than `FUTURE_TOLERANCE_S` is rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from aiokafka.structs import ConsumerRecord

from cryptoviz.candle import Candle
from cryptoviz.event_time import FUTURE_TOLERANCE_S
from cryptoviz.inspection.topic_reader import TopicReader
from cryptoviz.price import PriceWindow
from cryptoviz.records import Article, Rules, Ticker, Trade, decoder_for
from cryptoviz.sentiment import SentimentWindow, mentions
from cryptoviz.settings import Settings
from cryptoviz.window import Window

# How a value came about, and what it takes from its neighbour, are not of its own records.
NOT_FOLDED = frozenset(
    {"revision", "final", "reason", "position", "offsets", "event_times"}
    | {"previous_score", "change"}
)

Subject = Callable[[ConsumerRecord, Any], Iterable[Any]]


class Kind(NamedTuple):
    """A kind of windowed table: its window type, its records and the topic that has them."""

    window: type[Any]
    record: type[Any]
    topic: str


class Found(NamedTuple):
    """A source record that is in a window: where it is, its bytes, and what is folded of it."""

    partition: int
    offset: int
    value: bytes
    folded: Any


def kind_of(table: str, settings: Settings) -> Kind | None:
    """Return what kind of windows *table* has; None if it is not folded from source records."""
    name = table.partition("_")[0]
    kinds = {
        "candles": Kind(Candle, Trade, settings.topic_rawtrade),
        "prices": Kind(PriceWindow, Ticker, settings.topic_rawticker),
        "sentiment": Kind(SentimentWindow, Article, settings.topic_rawarticle),
    }
    is_windowed = table == name or table.removeprefix(f"{name}_")[:1].isdecimal()
    return kinds.get(name) if is_windowed else None


async def first_offsets(reader: TopicReader, kind: Kind, window: Any) -> dict[int, int]:
    """Return the first offset of each source partition that can be in *window*.

    Left out are partitions of which Kafka has nothing any more that could be.
    """
    found: dict[int, int] = {}
    earliest_s = window.window_start - FUTURE_TOLERANCE_S
    for source, last in window.offsets.items():
        first = await reader.first_since(kind.topic, int(source), earliest_s)
        if first is not None and first <= last:
            found[int(source)] = first
    return found


async def source_records(
    reader: TopicReader, kind: Kind, window: Any, subject: str, settings: Settings
) -> list[Found]:
    """Return the records that *window* of *subject* was folded from, by partition and offset."""
    since = await first_offsets(reader, kind, window)
    until = {number: window.offsets[str(number)] + 1 for number in since}
    decode = decoder_for(kind.record, Rules(settings.sentiment_scale, settings.quote_currencies))
    found: list[Found] = []
    if since:
        async for raw in reader.records(kind.topic, since, until):
            decoded = decode(raw)
            kept = raw if decoded.indexes is None else [raw[index] for index in decoded.indexes]
            for record, value in zip(kept, decoded.records, strict=True):
                found += _in_window(record, value, window, subject)
    return found


def fold(window: Any, found: Sequence[Found]) -> Any:
    """Return a new window of the place of *window* with the records *found* folded into it."""
    names = ("pair", "crypto_symbol")
    subject = {name: getattr(window, name) for name in names if hasattr(window, name)}
    again = type(window)(window_start=window.window_start, window_end=window.window_end, **subject)
    if found:
        again.merge(type(window).summarise([each.folded for each in found]))
    return again


def differences(window: Window, again: Window) -> list[str]:
    """Return the fields in which *again*, folded anew, is not what *window* says."""
    before, after = msgspec.to_builtins(window), msgspec.to_builtins(again)
    return [
        f"{name} is {before[name]}, folded again it is {after[name]}"
        for name in before
        if name not in NOT_FOLDED and before[name] != after[name]
    ]


def _in_window(record: ConsumerRecord, value: Any, window: Any, subject: str) -> Iterator[Found]:
    if not window.window_start <= value.event_time_s < window.window_end:
        return
    folded = [value]
    if isinstance(value, Article):
        folded = list(mentions(value, record.partition, record.offset, 0.0, frozenset({subject})))
    elif value.pair != subject:
        return
    for each in folded:
        yield Found(record.partition, record.offset, record.value, each)
