"""The rows of this worker's tables, a page at a time, in the order of subject and window.

A worker has hundreds of thousands of windows and one event loop: a page of them looks at little
more than what it shows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from heapq import merge, nsmallest
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from cryptoviz.inspection.view import TableRow, order
from tables.memory import PartitionMemory
from tables.rows import Rows
from tables.windowed import WindowedTable

# Subject, window start or time, and the rest of a key.
Order = tuple[str, int, str]
# What a row is ordered by, its partition, its key.
RowPlace = tuple[Order, int, bytes]
ENDLESS = 2**62


class Wanted(NamedTuple):
    """Rows of one *subject*, or of all, behind *after*: windows that start in [low, high).

    With *latest* the newest window of each subject in each partition, if it is behind *after*.
    """

    subject: str | None = None
    low: int = 0
    high: int = ENDLESS
    latest: bool = False
    after: Order | None = None

    def starts(self, subject: str, starts: Sequence[int]) -> Sequence[int]:
        """Return those of the ascending *starts* of *subject*'s windows that are wanted."""
        first, end = bisect_left(starts, self.low), bisect_left(starts, self.high)
        if self.latest:
            first = max(0, len(starts) - 1)
        if self.after is not None and subject <= self.after[0]:
            behind = bisect_right(starts, self.after[1])
            first = max(first, behind if subject == self.after[0] else end)
        return starts[first:end]

    def has(self, key: bytes, place: Order) -> bool:
        """Return whether the row of *key*, which is no window, is wanted; its time may be one."""
        if self.subject is not None and key.partition(b"|")[0].decode() != self.subject:
            return False
        if self.after is not None and place <= self.after:
            return False
        return place[0] == key.decode() or self.low <= place[1] < self.high


def windows_here(table: WindowedTable[Any], wanted: Wanted, limit: int) -> list[TableRow]:
    """Return the first *limit* wanted windows on this worker."""
    held = [_windows(table, number, memory, wanted) for number, memory in table.held()]
    return _read(table.rows, islice(merge(*held), limit))


def plain_here(rows: Rows, wanted: Wanted, limit: int) -> list[TableRow]:
    """Return the first *limit* wanted rows, which are no windows, on this worker."""
    return _read(rows, nsmallest(limit, _plain(rows, wanted)))


def _windows(
    table: WindowedTable[Any], number: int, memory: PartitionMemory, wanted: Wanted
) -> Iterator[RowPlace]:
    for subject in memory.subjects() if wanted.subject is None else [wanted.subject]:
        for start in wanted.starts(subject, memory.starts(subject)):
            yield (subject, start, ""), number, table.key(subject, start)


def _plain(rows: Rows, wanted: Wanted) -> Iterator[RowPlace]:
    for number in rows.held_partitions():
        for key, _ in rows.scan(number):
            place = order(key.decode())
            if wanted.has(key, place):
                yield place, number, key


def _read(rows: Rows, places: Iterator[RowPlace] | list[RowPlace]) -> list[TableRow]:
    found = [(number, key, rows.read(number, key)) for _, number, key in places]
    return [
        TableRow(key=key.decode(), partition=number, value=msgspec.Raw(value))
        for number, key, value in found
        if value is not None
    ]
