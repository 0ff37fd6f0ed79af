"""Faults on demand: late, disordered, duplicated, malformed and silent messages."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cryptoviz.simulator.malformed import malform
from cryptoviz.simulator.message import Message

LATE_S = 480.0
DISORDER_S = 5.0
SILENCE_S = 600.0
SILENCE_AFTER_S = 60.0


class Share(NamedTuple):
    """A *fraction* of the messages, each held back by up to *seconds*."""

    fraction: float
    seconds: float


NONE_LATE = Share(0.0, LATE_S)
NONE_DISORDERED = Share(0.0, DISORDER_S)


class Silence(NamedTuple):
    """No ticker, trade or alert of *pair* for *for_s* seconds, from *after_s* after the start."""

    pair: str
    for_s: float = SILENCE_S
    after_s: float = SILENCE_AFTER_S


@dataclass(frozen=True)
class Faults:
    """What goes wrong on the way to Kafka; fractions are in [0, 1], nothing goes wrong at 0.

    `late` and `disorder` hold messages back, evenly up to their seconds, so that others overtake
    them: one by minutes, the other by seconds. `duplicate` sends the same bytes twice.
    `malformed` breaks the value and keeps the key. `silences` leaves messages out.
    """

    late: Share = NONE_LATE
    disorder: Share = NONE_DISORDERED
    duplicate: float = 0.0
    malformed: float = 0.0
    silences: tuple[Silence, ...] = ()


def inject(messages: Iterable[Message], faults: Faults, seed: int) -> Iterator[Message]:
    """Yield *messages* in the order in which they are sent once *faults* have struck.

    Each fault draws from its own stream of *seed*: one fault more never moves another.
    Silences count from the event time of the first message.
    """
    stream = iter(messages)
    if faults.silences:
        stream = _silence(stream, faults.silences)
    if faults.malformed:
        stream = _malform(stream, faults.malformed, random.Random(f"{seed}/malformed"))
    if faults.duplicate:
        stream = _duplicate(stream, faults.duplicate, random.Random(f"{seed}/duplicate"))
    for name, share in (("late", faults.late), ("disorder", faults.disorder)):
        if share.fraction:
            stream = _hold_back(stream, share, random.Random(f"{seed}/{name}"))
    return stream


def _silence(messages: Iterator[Message], silences: tuple[Silence, ...]) -> Iterator[Message]:
    start_s: float | None = None
    for message in messages:
        if start_s is None:
            start_s = message.event_time_s
        elapsed_s = message.event_time_s - start_s
        if not any(
            silence.pair == message.pair
            and silence.after_s <= elapsed_s < silence.after_s + silence.for_s
            for silence in silences
        ):
            yield message


def _malform(
    messages: Iterator[Message], fraction: float, stream: random.Random
) -> Iterator[Message]:
    for message in messages:
        if stream.random() < fraction:
            yield message._replace(value=malform(message.kind, message.value, stream))
        else:
            yield message


def _duplicate(
    messages: Iterator[Message], fraction: float, stream: random.Random
) -> Iterator[Message]:
    for message in messages:
        yield message
        if stream.random() < fraction:
            yield message


def _hold_back(
    messages: Iterator[Message], share: Share, stream: random.Random
) -> Iterator[Message]:
    held: list[tuple[float, int, Message]] = []
    now_s = 0.0
    for place, message in enumerate(messages):
        now_s = message.send_time_s
        while held and held[0][0] <= now_s:
            yield heapq.heappop(held)[2]
        if stream.random() < share.fraction:
            send_time_s = now_s + stream.random() * share.seconds
            late = message._replace(send_time_s=send_time_s)
            # The place decides between equal times, for messages themselves have no order.
            heapq.heappush(held, (send_time_s, place, late))
        else:
            yield message
    # A run that ends loses nothing: what is still held is sent with the last message.
    while held:
        yield heapq.heappop(held)[2]._replace(send_time_s=now_s)
