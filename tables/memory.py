"""What a worker remembers of one partition of a windowed table, all rebuilt from its rows."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterator

from cryptoviz.window import Watermark, Window, decode_key


class PartitionMemory:
    """The index of one partition's rows: which are open, which are oldest, which subjects."""

    def __init__(self, watermark: Watermark) -> None:
        self.watermark = watermark
        self.open: dict[bytes, int] = {}
        self.pending: set[bytes] = set()
        self.emitted_s: dict[bytes, float] = {}
        # How far the table's topic has been read, as far as the rows show.
        self.position = -1
        # Rows found at a restart, with their positions. Those at or beyond the committed
        # offset, which the first batch shows, may not have reached Kafka.
        self.unconfirmed: dict[bytes, int] = {}
        self._ends: list[tuple[int, bytes]] = []
        self._starts: dict[str, list[int]] = {}

    def note_row(self, key: bytes, window: Window) -> None:
        """Note that *key* is a new row."""
        subject, start = decode_key(key)
        heapq.heappush(self._ends, (window.window_end, key))
        starts = self._starts.setdefault(subject, [])
        starts.insert(bisect_left(starts, start), start)

    def note_value(self, key: bytes, window: Window) -> None:
        """Note whether *key* is open, now that its value is *window*."""
        if window.final:
            self.open.pop(key, None)
            self.emitted_s.pop(key, None)
        else:
            self.open[key] = window.window_end

    def recover(self, key: bytes, window: Window, now_s: float) -> None:
        """Note a row found at a restart."""
        self.note_row(key, window)
        self.note_value(key, window)
        self.watermark.restore(window.event_times, now_s)
        self.unconfirmed[key] = window.position
        self.position = max(self.position, window.position)

    def take_unconfirmed(self, committed: int) -> list[bytes]:
        """Forget which rows are unconfirmed; return those changed at or after *committed*."""
        unconfirmed, self.unconfirmed = self.unconfirmed, {}
        return [key for key, position in unconfirmed.items() if position >= committed]

    def complete(self, watermark_s: float) -> list[bytes]:
        """Return the keys of the open windows that end at or before *watermark_s*."""
        return [key for key, end in self.open.items() if end <= watermark_s]

    def pop_expired(self, horizon_s: float) -> Iterator[bytes]:
        """Forget and yield the rows that end at or before *horizon_s*."""
        while self._ends and self._ends[0][0] <= horizon_s:
            _, key = heapq.heappop(self._ends)
            subject, start = decode_key(key)
            starts = self._starts[subject]
            starts.remove(start)
            if not starts:
                del self._starts[subject]
            for remembered in (self.open, self.emitted_s, self.unconfirmed):
                remembered.pop(key, None)
            self.pending.discard(key)
            yield key

    def subjects(self) -> list[str]:
        """Return the subjects that have rows, sorted."""
        return sorted(self._starts)

    def starts(self, subject: str) -> list[int]:
        """Return the starts of *subject*'s windows, ascending."""
        return self._starts.get(subject, [])

    def __contains__(self, key: bytes) -> bool:
        subject, start = decode_key(key)
        starts = self._starts.get(subject, [])
        at = bisect_left(starts, start)
        return at < len(starts) and starts[at] == start

    def __len__(self) -> int:
        return len(self._ends)
