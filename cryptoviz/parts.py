"""A batch's records by the partition they came from, grouped once for all tables.

Lateness is judged here, record by record and at the source: a record is late for a window when
its source partition had come too far *before* it. That does not depend on how records were
batched, nor on how far other partitions were read.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, chain
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

_event_time = attrgetter("event_time_s")


class Timed(Protocol):
    """A record with an event time in Unix seconds."""

    @property
    def event_time_s(self) -> float:
        """The venue's time."""


R = TypeVar("R", bound=Timed)


class Group(Generic[R]):
    """Records of one subject in [start, start + group size), ascending by their offsets."""

    __slots__ = ("_newest_s", "_summary", "offsets", "records", "start", "subject")

    def __init__(self, subject: str, start: int, record: R, offset: int) -> None:
        self.subject, self.start = subject, start
        self.records, self.offsets = [record], [offset]
        self._summary: Any = None
        self._newest_s: float | None = None

    @property
    def newest_s(self) -> float:
        """The highest event time."""
        if self._newest_s is None:
            self._newest_s = max(map(_event_time, self.records))
        return self._newest_s

    def summary(self, summarise: Callable[[Sequence[R]], Any]) -> Any:
        """Return what *summarise* makes of all records, computed once."""
        if self._summary is None:
            self._summary = summarise(self.records)
        return self._summary


class Part(Generic[R]):
    """Records of one source partition, with the offset that each has there, ascending.

    *reached* gives for each record the source's stream time (s) before it; without it, the
    records are all that the source has had since the last part, and tell themselves.
    """

    def __init__(
        self,
        source: int,
        records: Sequence[R],
        offsets: Sequence[int],
        reached: Iterable[float] | None = None,
    ) -> None:
        self.source, self.records, self.offsets = source, records, offsets
        self._times = list(map(_event_time, records))
        self._reached = None if reached is None else list(accumulate(reached, max))
        self.newest_s = max(self._times, default=-math.inf)
        self._furthest_s = max(self.newest_s, self._reached[-1] if self._reached else -math.inf)
        self._groups: dict[int, list[Group[R]]] = {}

    def groups(self, subject_of: Callable[[R], str], size_s: int) -> list[Group[R]]:
        """Return the records by subject and tumbling window of *size_s*, grouped once."""
        groups = self._groups.get(size_s)
        if groups is None:
            groups = self._groups[size_s] = self._group(subject_of, size_s)
        return groups

    def count_before(self, group: Group[R], bound_s: float, known_s: float) -> int:
        """Return how many of *group* came before the source's stream time reached *bound_s*.

        *known_s* is the stream time before this part. Stream time never falls, so these are
        the first ones.
        """
        if known_s >= bound_s:
            return 0
        # Nearly always so, and then the running maxima are never needed.
        if self._furthest_s < bound_s:
            return len(group.records)
        if self._reached is None:
            # A record itself does not count as having come before it.
            self._reached = list(accumulate(chain((-math.inf,), self._times[:-1]), max))
        place = bisect_left(self._reached, bound_s)
        if place == len(self._reached):
            return len(group.records)
        return bisect_left(group.offsets, self.offsets[place])

    def _group(self, subject_of: Callable[[R], str], size_s: int) -> list[Group[R]]:
        groups: dict[tuple[str, int], Group[R]] = {}
        for record, offset in zip(self.records, self.offsets, strict=True):
            key = (subject_of(record), int(record.event_time_s // size_s))
            group = groups.get(key)
            if group is None:
                groups[key] = Group(key[0], key[1] * size_s, record, offset)
            else:
                group.records.append(record)
                group.offsets.append(offset)
        return list(groups.values())
