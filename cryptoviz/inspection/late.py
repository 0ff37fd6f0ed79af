"""Records that came after a table's retention: in the late topic, and in no value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import msgspec

from cryptoviz.event_time import FUTURE_TOLERANCE_S
from cryptoviz.inspection.table_name import parted, size_of
from cryptoviz.inspection.topic_reader import TopicReader

# Where a record is in its source topic: partition and offset.
Place = tuple[int, int]


class Stretch(NamedTuple):
    """A window of any of the *subjects*, spellings of one: [start, end) in Unix seconds."""

    subjects: Collection[str]
    start: int
    end: int


class _Record(msgspec.Struct):
    event_time_s: float
    pair: str | None = None
    crypto_symbol: str | None = None


_read = msgspec.json.Decoder(_Record).decode


async def late_records(
    reader: TopicReader, topic: str, table: str, stretch: Stretch
) -> list[Place]:
    """Return the source places of the records in *topic* that came too late for a window.

    *table* may be without its size; that of the window says which is meant.
    """
    if topic not in await reader.topics():
        return []
    since: dict[int, int] = {}
    for partition in await reader.partitions(topic):
        # None was put there before it happened.
        earliest_s = stretch.start - FUTURE_TOLERANCE_S
        first = await reader.first_since(topic, partition, earliest_s)
        if first is not None:
            since[partition] = first
    # After a crash one may be there twice.
    found: set[Place] = set()
    if since:
        async for records in reader.records(topic, since):
            for record in records:
                headers = dict(record.headers)
                place = _place(headers)
                if place is None or not _is_of(table, stretch, headers):
                    continue
                if _is_in(stretch, record.value):
                    found.add(place)
    return sorted(found)


def _is_of(table: str, stretch: Stretch, headers: Mapping[str, Any]) -> bool:
    name = (headers.get("table") or b"").decode("utf-8", "replace")
    same = parted(name)[0] == parted(table)[0]
    return same and size_of(name) == stretch.end - stretch.start


def _place(headers: Mapping[str, Any]) -> Place | None:
    try:
        return int(headers["partition"]), int(headers["offset"])
    except (KeyError, TypeError, ValueError):
        # Somebody else's record; the application's own all say where they came from.
        return None


def _is_in(stretch: Stretch, value: bytes | None) -> bool:
    try:
        record = _read(value or b"")
    except (msgspec.MsgspecError, ValueError):
        return False
    subject = record.pair or record.crypto_symbol
    return subject in stretch.subjects and stretch.start <= record.event_time_s < stretch.end
