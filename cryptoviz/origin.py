"""Records on internal topics: they carry the place they came from, so that replays stay exact.

A forwarded record has another offset each time it is forwarded. What counts for folding and for
lateness is its origin: source partition, source offset, and how far the source had come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from cryptoviz.parts import Part, Timed

R = TypeVar("R", bound=Timed)


class Forwarded(msgspec.Struct, Generic[R], gc=False, tag="record", tag_field="kind"):
    """A record of a topic that its producers do not key by pair, on the topic that is.

    *source_time_s* is the source partition's stream time before the record, 0 if unknown.
    """

    record: R
    source_partition: int
    source_offset: int
    source_time_s: float


class Progress(msgspec.Struct, gc=False, tag="progress", tag_field="kind"):
    """Says how far event time has come in a source partition; sent to every partition.

    Without it, a partition whose subjects are silent would never close its windows.
    """

    source_partition: int
    source_offset: int
    stream_time_s: float


class Origin(Protocol):
    """What a record on an internal topic says of its origin."""

    source_partition: int
    source_offset: int
    source_time_s: float


class SourceClocks:
    """The stream time of each source partition that this worker forwards; 0 before any record."""

    def __init__(self) -> None:
        self._stream_times: dict[int, float] = {}

    def advance(self, partition: int, event_time_s: float) -> float:
        """Note a record of *partition*; return the stream time (s) before it."""
        before_s = self._stream_times.get(partition, 0.0)
        self._stream_times[partition] = max(before_s, event_time_s)
        return before_s

    def progress(self, partition: int, last_offset: int) -> Progress:
        """Return word of how far *partition* has come."""
        return Progress(partition, last_offset, self._stream_times.get(partition, 0.0))

    def forget(self) -> None:
        """Forget all: what is read again must not find its own time reached already."""
        self._stream_times.clear()


def by_source(
    messages: Sequence[Any], record_of: Callable[[Any], R], subject_of: Callable[[R], str]
) -> tuple[list[Part[R]], dict[int, float]]:
    """Return the records by source partition, and how far each has come by `Progress` (s).

    *messages* are of one partition and may hold records twice: a worker that died between
    forwarding and committing has forwarded them again.
    """
    origins: defaultdict[int, dict[tuple[int, str], Any]] = defaultdict(dict)
    stream_times: dict[int, float] = {}
    for message in messages:
        source = message.source_partition
        if isinstance(message, Progress):
            stream_times[source] = max(message.stream_time_s, stream_times.get(source, 0.0))
        else:
            place = (message.source_offset, subject_of(record_of(message)))
            origins[source].setdefault(place, message)
    parts = [_part(source, places, record_of, subject_of) for source, places in origins.items()]
    return parts, stream_times


def _part(
    source: int,
    places: dict[tuple[int, str], Origin],
    record_of: Callable[[Any], R],
    subject_of: Callable[[R], str],
) -> Part[R]:
    ordered = sorted(places)
    return Part(
        source,
        [record_of(places[place]) for place in ordered],
        [offset for offset, _ in ordered],
        subject_of,
        [places[place].source_time_s for place in ordered],
    )
