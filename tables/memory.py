"""What a worker remembers of one partition of a windowed table, all rebuilt from its rows."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections.abc import Iterator

from cryptoviz.watermark import Watermark
from cryptoviz.window import Window, decode_key


class PartitionMemory:
    """The index of one partition's rows: which are open, which are oldest, which subjects."""

    def __init__(self, watermark: Watermark) -> None:
        self.watermark = watermark
        self.open: set[bytes] = set()
        # Open rows whose last change has not been emitted, and when the others last were.
        self.pending: set[bytes] = set()
        self.emitted_s: dict[bytes, float] = {}
        # How far the table's topic has been read, as far as the rows and the commit show.
        self.position = -1
        # Rows found at a restart that may not have reached Kafka.
        self.unconfirmed: list[bytes] = []
        # Windows that end here or before have been deleted and must not begin anew.
        self.expired_until_s = -math.inf
        self._open_ends: list[tuple[int, bytes]] = []
        self._ends: list[tuple[int, bytes]] = []
        self._starts: dict[str, list[int]] = {}

    def note_row(self, key: bytes, window: Window) -> None:
        """Note that *key* is a new row, or one found at a restart."""
        subject, start = decode_key(key)
        heapq.heappush(self._ends, (window.window_end, key))
        starts = self._starts.setdefault(subject, [])
        starts.insert(bisect_left(starts, start), start)
        if not window.final:
            self.open.add(key)
            heapq.heappush(self._open_ends, (window.window_end, key))

    def recover(self, key: bytes, window: Window, committed: int) -> None:
        """Note a row found at a restart; the topic will be read again from *committed* on.

        What comes again must not find its own time reached already, so only rows that were
        last changed before that tell the stream time.
        """
        self.note_row(key, window)
        if window.position < committed:
            self.watermark.restore(window.event_times)
        # The last committed batch too: what wall time changed after it has its position.
        if window.position >= committed - 1:
            self.unconfirmed.append(key)
        self.position = max(self.position, window.position)

    def pop_complete(self, until_s: float) -> Iterator[bytes]:
        """Yield the open rows that end at or before *until_s*; they count as final now."""
        while self._open_ends and self._open_ends[0][0] <= until_s:
            _, key = heapq.heappop(self._open_ends)
            if key in self.open:
                self.open.discard(key)
                self.emitted_s.pop(key, None)
                yield key

    def pop_expired(self, horizon_s: float) -> Iterator[bytes]:
        """Forget and yield the rows that end at or before *horizon_s*."""
        self.expired_until_s = max(self.expired_until_s, horizon_s)
        while self._ends and self._ends[0][0] <= horizon_s:
            _, key = heapq.heappop(self._ends)
            subject, start = decode_key(key)
            starts = self._starts[subject]
            del starts[bisect_left(starts, start)]
            if not starts:
                del self._starts[subject]
            self.open.discard(key)
            self.pending.discard(key)
            self.emitted_s.pop(key, None)
            yield key

    def subjects(self) -> list[str]:
        """Return the subjects that have rows, sorted."""
        return sorted(self._starts)

    def starts(self, subject: str) -> list[int]:
        """Return the starts of *subject*'s windows, ascending."""
        return self._starts.get(subject, [])

    def has(self, subject: str, start: int) -> bool:
        """Return whether there is a row of *subject* from *start* on."""
        starts = self.starts(subject)
        at = bisect_left(starts, start)
        return at < len(starts) and starts[at] == start

    def __len__(self) -> int:
        return len(self._ends)
