"""A batch's records by the partition they came from, grouped once for all tables.

Lateness is judged here, record by record and at the source: a record is late for a window when
its source partition had come too far *before* it. That does not depend on how records were
batched, nor on how far other partitions were read.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
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
    """Some records of one subject, ascending by their offsets, with their event times (s)."""

    def __init__(
        self, subject: str, start: int, records: list[R], offsets: list[int], times_s: list[float]
    ) -> None:
        """Take records of [*start*, *start* + group size)."""
        self.subject, self.start = subject, start
        self.records, self.offsets, self.times_s = records, offsets, times_s
        self._summary: Any = None

    @cached_property
    def in_order(self) -> bool:
        """Whether event times ascend as offsets do; nearly always."""
        return self.times_s == sorted(self.times_s)

    @cached_property
    def oldest_s(self) -> float:
        """The lowest event time."""
        return self.times_s[0] if self.in_order else min(self.times_s)

    @cached_property
    def newest_s(self) -> float:
        """The highest event time."""
        return self.times_s[-1] if self.in_order else max(self.times_s)

    def summary(self, summarise: Callable[[Sequence[R]], Any]) -> Any:
        """Return what *summarise* makes of all records, computed once."""
        if self._summary is None:
            self._summary = summarise(self.records)
        return self._summary

    def split(self, size_s: int) -> Iterator[Group[R]]:
        """Yield the groups of the tumbling windows of *size_s*."""
        columns: tuple[list[Any], ...] = self.records, self.offsets, self.times_s
        if self.in_order:
            # Then the records of a window are neighbours.
            begin = 0
            while begin < len(self.times_s):
                number = int(self.times_s[begin] // size_s)
                end = bisect_left(self.times_s, (number + 1) * size_s, begin)
                yield Group(self.subject, number * size_s, *(each[begin:end] for each in columns))
                begin = end
            return
        places: dict[int, list[int]] = {}
        for place, time_s in enumerate(self.times_s):
            places.setdefault(int(time_s // size_s), []).append(place)
        for number, chosen in places.items():
            taken = ([each[place] for place in chosen] for each in columns)
            yield Group(self.subject, number * size_s, *taken)


class Part(Generic[R]):
    """Records of one source partition, with the offset that each has there, ascending.

    *subject_of* tells what a record is about. *reached* gives for each record the source's
    stream time (s) before it; without it, the records are all that the source has had since the
    last part, and tell themselves.
    """

    def __init__(
        self,
        source: int,
        records: Sequence[R],
        offsets: Sequence[int],
        subject_of: Callable[[R], str],
        reached: Iterable[float] | None = None,
    ) -> None:
        self.source, self.records, self.offsets = source, records, offsets
        self._subject_of = subject_of
        self._reached = None if reached is None else list(accumulate(reached, max))
        self._groups: dict[int, list[Group[R]]] = {}

    @cached_property
    def subjects(self) -> list[Group[R]]:
        """The records by subject, each a group that starts at 0 and has no end."""
        groups: list[Group[R]] = []
        add_to: dict[str, tuple[Callable[[R], None], Callable[[int], None]]] = {}
        subjects = map(self._subject_of, self.records)
        for subject, record, offset in zip(subjects, self.records, self.offsets, strict=True):
            try:
                add_record, add_offset = add_to[subject]
            except KeyError:
                group: Group[R] = Group(subject, 0, [], [], [])
                groups.append(group)
                add_record, add_offset = group.records.append, group.offsets.append
                add_to[subject] = add_record, add_offset
            add_record(record)
            add_offset(offset)
        for group in groups:
            group.times_s.extend(map(_event_time, group.records))
        return groups

    @cached_property
    def newest_s(self) -> float:
        """The highest event time; -inf without records."""
        return max((group.newest_s for group in self.subjects), default=-math.inf)

    def groups(self, size_s: int) -> list[Group[R]]:
        """Return the records by subject and tumbling window of *size_s*, grouped once."""
        groups = self._groups.get(size_s)
        if groups is None:
            split = [group for subject in self.subjects for group in subject.split(size_s)]
            # In the order of their first records.
            groups = self._groups[size_s] = sorted(split, key=lambda group: group.offsets[0])
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
            times_s = map(_event_time, self.records[:-1])
            self._reached = list(accumulate(chain((-math.inf,), times_s), max))
        place = bisect_left(self._reached, bound_s)
        if place == len(self._reached):
            return len(group.records)
        return bisect_left(group.offsets, self.offsets[place])

    @cached_property
    def _furthest_s(self) -> float:
        return max(self.newest_s, self._reached[-1] if self._reached else -math.inf)
