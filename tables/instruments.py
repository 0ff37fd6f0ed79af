"""The global table of instruments: which pairs there are, and which partition has them.

A table row lives on the partition that its events come from, and producers may use another
partitioner than Faust, so this table, not a hash, says which worker holds a pair. Its key is
``pair|topic|partition``: each row has one writer, the worker that reads that partition. Two
rows of one pair and topic mean that the topic is not keyed by pair.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cryptoviz import tally
from cryptoviz.app import app
from cryptoviz.parts import Part
from cryptoviz.settings import current
from cryptoviz.window import SEPARATOR
from tables.rows import Rows

log = logging.getLogger(__name__)

# How stale `last_seen` may be: a write for every batch would say little more.
REFRESH_S = 60.0
CHECK_INTERVAL_S = 5.0


class Instrument(msgspec.Struct, gc=False):
    """A pair in one partition of a topic, and when it was first and last seen (event time, s)."""

    pair: str
    topic: str
    partition: int
    first_seen: float
    last_seen: float


rows = Rows(app, "instruments", everywhere=True, help="Every pair seen: where, and since when.")

_decode = msgspec.json.Decoder(Instrument).decode
_encode = msgspec.json.Encoder().encode
_known: dict[bytes, Instrument] = {}
_reported: set[tuple[str, str]] = set()


def note(topic: str, partition: int, parts: Iterable[Part[Any]]) -> None:
    """Note the pairs of a batch of *topic* and how far their event time has come."""
    for pair, first_s, last_s in _spans(parts):
        key = SEPARATOR.join((pair, topic, str(partition))).encode()
        known = _known.get(key) or _read(partition, key)
        if known is None:
            known = Instrument(pair, topic, partition, first_s, last_s)
        elif known.first_seen <= first_s and last_s < known.last_seen + REFRESH_S:
            _known[key] = known
            continue
        known.first_seen = min(known.first_seen, first_s)
        known.last_seen = max(known.last_seen, last_s)
        _known[key] = known
        rows.write(partition, key, _encode(known))


def everything() -> Iterator[Instrument]:
    """Yield every row, ordered by partition and key."""
    for partition in rows.partitions():
        for _, value in rows.scan(partition):
            yield _decode(value)


def misplaced() -> dict[tuple[str, str], list[int]]:
    """Return the (pair, topic) seen in more than one partition, with those partitions.

    A partition that had its last record of the pair longer before the others than tables keep
    their windows no longer counts: the topic has been mended.
    """
    places: dict[tuple[str, str], list[Instrument]] = {}
    for instrument in everything():
        places.setdefault((instrument.pair, instrument.topic), []).append(instrument)
    split: dict[tuple[str, str], list[int]] = {}
    for place, instruments in places.items():
        since_s = max(each.last_seen for each in instruments) - current().table_retention
        recent = [each.partition for each in instruments if each.last_seen >= since_s]
        if len(recent) > 1:
            split[place] = recent
    return split


def report_misplaced() -> None:
    """Say and count once for each pair and topic that its windows are split over partitions."""
    for (pair, topic), partitions in misplaced().items():
        if (pair, topic) not in _reported:
            _reported.add((pair, topic))
            tally.misplaced[topic] += 1
            log.error(
                "Topic %s is not keyed by pair: %s is in partitions %s, so its windows are split. "
                "Key the topic by pair, or set REKEY_TOPICS=%s.",
                topic,
                pair,
                ", ".join(map(str, partitions)),
                topic,
            )


@app.timer(CHECK_INTERVAL_S)  # type: ignore[untyped-decorator]
async def _look_for_misplaced() -> None:
    report_misplaced()


def _read(partition: int, key: bytes) -> Instrument | None:
    value = rows.read(partition, key)
    return None if value is None else _decode(value)


def _spans(parts: Iterable[Part[Any]]) -> Iterator[tuple[str, float, float]]:
    spans: dict[str, tuple[float, float]] = {}
    for part in parts:
        for group in part.subjects:
            first_s, last_s = spans.get(group.subject, (math.inf, -math.inf))
            spans[group.subject] = min(first_s, group.oldest_s), max(last_s, group.newest_s)
    for pair, (first_s, last_s) in spans.items():
        yield pair, first_s, last_s


@app.on_partitions_revoked.connect
async def _forget(*_: object, **__: object) -> None:
    _known.clear()
