"""Windowed tables on plain Faust tables: event time, exact after any crash, late data corrects.

Nothing here depends on memory after a restart: what `PartitionMemory` holds is rebuilt from
the rows. The arithmetic is in `cryptoviz.window`, the folds are in the window types.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from faust.types import TopicT

from cryptoviz.app import BatchedApp
from cryptoviz.settings import Settings
from cryptoviz.window import Watermark, encode_key
from tables.memory import PartitionMemory
from tables.rows import Rows

log = logging.getLogger(__name__)

R = TypeVar("R", bound="Timed")
W = TypeVar("W", bound="Any")
Groups = dict[tuple[str, int], tuple[list[Any], list[int]]]


class Timed(Protocol):
    """A record with an event time in Unix seconds."""

    @property
    def event_time_s(self) -> float:
        """The venue's time."""


@dataclass
class Part(Generic[R]):
    """Records of one source partition, with the offset that each has there, ascending."""

    source: int
    records: Sequence[R]
    offsets: Sequence[int]


class WindowedTable(Generic[W]):
    """A table of tumbling windows of one size: a row for each subject and window.

    *subject* is the field of records and windows that the table is keyed by. Every change goes
    to *results*, keyed like the table; a record older than the retention is handed to *on_late*.
    """

    def __init__(
        self,
        app: BatchedApp,
        name: str,
        window: type[W],
        *,
        subject: str,
        size_s: int,
        settings: Settings,
        results: TopicT,
        on_late: Callable[[str, int, int, Any], None],
        help: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.size_s, self.subject = name, size_s, subject
        self.rows = Rows(app, name, help=help)
        self.late_records = 0
        self._app, self._window, self._settings = app, window, settings
        self._results, self._on_late, self._clock = results, on_late, clock
        self._subject_of = attrgetter(subject)
        self._decode = msgspec.json.Decoder(window).decode
        self._encode = msgspec.json.Encoder().encode
        self._memory: dict[int, PartitionMemory] = {}
        self.rows.table.on_recover(self._recover)
        app.on_partitions_revoked.connect(self._forget)
        app.timer(1.0, name=f"{name} wall time")(self.tick)

    # Folding

    def update(
        self,
        partition: int,
        first: int,
        last: int,
        parts: Iterable[Part[Any]],
        stream_times: Mapping[int, float] | None = None,
    ) -> None:
        """Fold a batch of the table's topic, the offsets *first* to *last* of *partition*.

        *stream_times* says of source partitions how far event time (s) has come there, beyond
        what the records show. Each touched window is read, folded, written and emitted once.
        Nothing here awaits, so the whole batch happens or, after a crash, happens again.
        """
        memory = self._memory_of(partition)
        now_s = self._clock()
        watermark_s = memory.watermark.value(now_s)
        changed: dict[bytes, W] = {
            key: self._decode(self.rows.read(partition, key) or b"")
            for key in memory.take_unconfirmed(first)
        }
        for part in parts:
            source = str(part.source)
            for (subject, start), (records, offsets) in self._group(part).items():
                if start + self.size_s <= watermark_s - self._settings.table_retention:
                    self._reject_late(part.source, records, offsets)
                    continue
                key = encode_key(subject, start)
                window = changed.get(key) or self._read(partition, memory, key, subject, start)
                self._fold(window, source, records, offsets, watermark_s)
                changed[key] = window
            if part.records:
                newest_s = max([record.event_time_s for record in part.records])
                memory.watermark.observe(source, newest_s, now_s)
        for number, stream_time_s in (stream_times or {}).items():
            memory.watermark.observe(str(number), stream_time_s, now_s)
        memory.position = last
        self._advance(partition, memory, changed, now_s)

    def _group(self, part: Part[Any]) -> Groups:
        size_s, subject_of = self.size_s, self._subject_of
        groups: Groups = {}
        for record, offset in zip(part.records, part.offsets, strict=True):
            key = (subject_of(record), int(record.event_time_s // size_s))
            group = groups.get(key)
            if group is None:
                groups[key] = ([record], [offset])
            else:
                group[0].append(record)
                group[1].append(offset)
        return {(subject, n * size_s): group for (subject, n), group in groups.items()}

    def _read(
        self, partition: int, memory: PartitionMemory, key: bytes, subject: str, start: int
    ) -> W:
        value = self.rows.read(partition, key)
        window: W
        if value is not None:
            window = self._decode(value)
            return window
        window = self._window(
            **{self.subject: subject}, window_start=start, window_end=start + self.size_s
        )
        memory.note_row(key, window)
        return window

    def _fold(
        self,
        window: W,
        source: str,
        records: Sequence[Any],
        offsets: Sequence[int],
        watermark_s: float,
    ) -> None:
        folded = window.offsets.get(source, -1)
        if offsets[-1] <= folded:
            return  # A replay; the row is written again, so the changelog has it for certain.
        if offsets[0] <= folded:
            new = next(i for i, offset in enumerate(offsets) if offset > folded)
            records, offsets = records[new:], offsets[new:]
        if window.final or window.window_end <= watermark_s:
            window.reason = "late"
        window.add(records)
        newest_s = max([record.event_time_s for record in records])
        window.note_source(source, offsets[-1], len(records), newest_s)

    def _reject_late(self, source: int, records: Sequence[Any], offsets: Sequence[int]) -> None:
        self.late_records += len(records)
        for record, offset in zip(records, offsets, strict=True):
            self._on_late(self.name, source, offset, record)

    # Closing, emitting, expiring

    def _advance(
        self,
        partition: int,
        memory: PartitionMemory,
        changed: dict[bytes, W],
        now_s: float,
    ) -> None:
        """Close complete windows, write and emit the changes, expire old rows."""
        for key, window in changed.items():
            memory.note_value(key, window)
        for key in memory.complete(memory.watermark.complete_until(now_s)):
            window = changed.get(key) or self._decode(self.rows.read(partition, key) or b"")
            window.final = True
            changed[key] = window
            memory.note_value(key, window)
        for key, window in changed.items():
            window.position = memory.position
            value = self._encode(window)
            self.rows.write(partition, key, value)
            if window.final or self._is_due(memory, key, now_s):
                self._emit(partition, memory, key, value, now_s)
        horizon_s = memory.watermark.value(now_s) - self._settings.table_retention
        for key in memory.pop_expired(horizon_s):
            self.rows.delete(partition, key)

    def _is_due(self, memory: PartitionMemory, key: bytes, now_s: float) -> bool:
        if now_s - memory.emitted_s.get(key, 0.0) >= self._settings.emit_interval:
            return True
        memory.pending.add(key)
        return False

    def _emit(
        self, partition: int, memory: PartitionMemory, key: bytes, value: bytes, now_s: float
    ) -> None:
        memory.pending.discard(key)
        if key in memory.open and self._settings.emit_interval:
            memory.emitted_s[key] = now_s
        self._results.send_soon(key=key, value=value, partition=partition)

    async def tick(self) -> None:
        """Do what wall time asks for: close windows of silent sources, emit what was held back."""
        now_s = self._clock()
        for partition, memory in list(self._memory.items()):
            # What a tick changes belongs to no batch, so it counts as changed by the next one.
            memory.position += 1
            self._advance(partition, memory, {}, now_s)
            memory.position -= 1
            for key in list(memory.pending):
                if self._is_due(memory, key, now_s) and (value := self.rows.read(partition, key)):
                    self._emit(partition, memory, key, value, now_s)

    # Reading

    def newest(self) -> Iterator[bytes]:
        """Yield the value of each subject's newest window, ordered by partition and subject."""
        for partition, memory in sorted(self._memory.items()):
            for subject in memory.subjects():
                yield from self._values(partition, subject, memory.starts(subject)[-1:])

    def history(self, subject: str, limit: int) -> Iterator[bytes]:
        """Yield the values of *subject*'s newest *limit* windows here, newest first."""
        for partition, memory in sorted(self._memory.items()):
            starts = memory.starts(subject)[-limit:]
            yield from self._values(partition, subject, reversed(starts))

    def _values(self, partition: int, subject: str, starts: Iterable[int]) -> Iterator[bytes]:
        for start in starts:
            value = self.rows.read(partition, encode_key(subject, start))
            if value is not None:
                yield value

    # Recovery

    async def _recover(self) -> None:
        """Rebuild what is remembered of each partition from its rows."""
        now_s = self._clock()
        self._memory = {partition: self._new_memory() for partition in self.rows.partitions()}
        for partition, memory in self._memory.items():
            for key, value in self.rows.scan(partition):
                memory.recover(key, self._decode(value), now_s)
        rows = sum(len(memory) for memory in self._memory.values())
        log.info("Table %s holds %d windows in %d partitions.", self.name, rows, len(self._memory))

    async def _forget(self, *_: Any, **__: Any) -> None:
        self._memory.clear()

    def _memory_of(self, partition: int) -> PartitionMemory:
        memory = self._memory.get(partition)
        if memory is None:
            memory = self._memory[partition] = self._new_memory()
        return memory

    def _new_memory(self) -> PartitionMemory:
        return PartitionMemory(Watermark(self._settings.lateness, self._settings.idle_timeout))
