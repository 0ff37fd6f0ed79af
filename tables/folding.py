"""How a windowed table takes the records of a batch into its windows."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from cryptoviz.parts import Group, Part
from cryptoviz.settings import Settings
from cryptoviz.window import encode_key
from tables.memory import PartitionMemory
from tables.outlet import OnLate
from tables.rows import Rows

W = TypeVar("W", bound="Any")


class Folding(Generic[W]):
    """Reads the windows that records belong to and folds them; writes nothing."""

    def __init__(
        self,
        rows: Rows,
        window: type[W],
        *,
        subject: str,
        size_s: int,
        group_s: int,
        suffix: str,
        settings: Settings,
        on_late: OnLate,
    ) -> None:
        self.late_records = 0
        self.decode = msgspec.json.Decoder(window).decode
        self._rows, self._window, self._subject = rows, window, subject
        self._size_s, self._group_s, self._suffix = size_s, group_s, suffix
        self._lateness_s, self._retention_s = settings.lateness, settings.table_retention
        self._subject_of, self._on_late = attrgetter(subject), on_late

    def read(self, partition: int, key: bytes) -> W:
        """Return the window of a row that is there."""
        window: W = self.decode(self._rows.read(partition, key) or b"")
        return window

    def key(self, subject: str, start: int) -> bytes:
        """Return the key of a window."""
        return encode_key(subject, start, self._suffix)

    def fold_part(
        self, partition: int, memory: PartitionMemory, part: Part[Any], changed: dict[bytes, W]
    ) -> None:
        """Fold *part* into the windows of *changed*, which are read as they are touched."""
        source, size_s = str(part.source), self._size_s
        known_s = memory.watermark.stream_time(source)
        expired_s = self._lateness_s + self._retention_s
        folded: dict[bytes, int] = {}
        for group in part.groups(self._group_s):
            start = group.start // size_s * size_s
            end = start + size_s
            kept = part.count_before(group, end + expired_s, known_s)
            if end <= memory.expired_until_s:
                kept = 0
            if kept < len(group.records):
                self._reject_late(part.source, group, kept)
            if not kept:
                continue
            key = self.key(group.subject, start)
            window = changed.get(key)
            if window is None:
                # Written even if all is folded already: the changelog may be behind the store.
                window = changed[key] = self._open(partition, memory, key, group.subject, start)
            # Groups of one window overlap in offsets, so all are judged by what was folded before.
            before = folded.setdefault(key, window.offsets.get(source, -1))
            if group.offsets[kept - 1] > before:
                in_time = part.count_before(group, end + self._lateness_s, known_s)
                if window.final or in_time < kept:
                    window.reason = "late"
                self._fold(window, source, group, bisect_right(group.offsets, before), kept)

    def _fold(self, window: W, source: str, group: Group[Any], new: int, kept: int) -> None:
        last_offset = group.offsets[kept - 1]
        if new == 0 and kept == len(group.records):
            window.merge(group.summary(self._window.summarise))
            window.note_source(source, last_offset, kept, group.newest_s)
            return
        records = group.records[new:kept]
        window.merge(self._window.summarise(records))
        window.note_source(source, last_offset, len(records), max(group.times_s[new:kept]))

    def _open(
        self, partition: int, memory: PartitionMemory, key: bytes, subject: str, start: int
    ) -> W:
        value = self._rows.read(partition, key)
        window: W
        if value is not None:
            window = self.decode(value)
            return window
        window = self._window(
            **{self._subject: subject}, window_start=start, window_end=start + self._size_s
        )
        memory.note_row(key, window)
        return window

    def link(self, partition: int, memory: PartitionMemory, changed: dict[bytes, W]) -> None:
        """Let each changed window know the one before it, and the one after it know this one."""
        for window in list(changed.values()):
            subject, start = self._subject_of(window), window.window_start
            for earlier, later in ((start - self._size_s, start), (start, start + self._size_s)):
                if memory.has(subject, earlier) and memory.has(subject, later):
                    previous = self._peek(partition, changed, subject, earlier)
                    following = self._peek(partition, changed, subject, later)
                    if following.follow(previous):
                        if following.final:
                            following.reason = "late"
                        changed[self.key(subject, later)] = following

    def _peek(self, partition: int, changed: dict[bytes, W], subject: str, start: int) -> W:
        key = self.key(subject, start)
        if key in changed:
            return changed[key]
        return self.read(partition, key)

    def _reject_late(self, source: int, group: Group[Any], kept: int) -> None:
        self.late_records += len(group.records) - kept
        for record, offset in zip(group.records[kept:], group.offsets[kept:], strict=True):
            self._on_late(self._rows.name, source, offset, record)
