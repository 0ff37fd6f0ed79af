"""Windowed tables on plain Faust tables: event time, exact after any crash, late data corrects.

Nothing here depends on memory after a restart: what `PartitionMemory` holds is rebuilt from
the rows. The arithmetic is in `cryptoviz.window`, `cryptoviz.watermark` and `cryptoviz.parts`,
the folds are in the window types.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from cryptoviz.app import BatchedApp
from cryptoviz.parts import Part
from cryptoviz.settings import Settings
from cryptoviz.watermark import Watermark
from tables.folding import Folding
from tables.memory import PartitionMemory
from tables.outlet import OnLate, Outlet
from tables.recovery import Recovery
from tables.rows import Rows

W = TypeVar("W", bound="Any")


class NotHeldError(LookupError):
    """Records came for a partition that this worker does not hold."""


class WindowedTable(Generic[W]):
    """A table of tumbling windows of one size: a row for each subject and window.

    *subject* is the field of records and windows that the table is keyed by, *source* the topic
    that its batches are of. Every change goes to the topic *results*, keyed like the table; a
    record older than the retention is handed to *on_late*.
    """

    def __init__(
        self,
        app: BatchedApp,
        name: str,
        window: type[W],
        *,
        subject: str,
        source: str,
        size_s: int,
        settings: Settings,
        results: str,
        on_late: OnLate,
        help: str,
        suffix: str = "",
        group_s: int | None = None,
        expected: Iterable[int] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Declare the table.

        *suffix* ends its keys (cryptoviz.window). *group_s*, a divisor of *size_s*, is the size
        by which records are grouped, for tables that share the groups. *expected* are the
        source partitions to wait for, where they are not the table's own.
        """
        self.name, self.size_s, self.subject = name, size_s, subject
        self.source, self.window = source, window
        self.rows = Rows(app, name, help=help)
        self._app, self._settings = app, settings
        self._clock, self._expected = clock, tuple(str(number) for number in expected)
        self._folding = Folding(
            self.rows,
            window,
            subject=subject,
            size_s=size_s,
            group_s=group_s or size_s,
            suffix=suffix,
            settings=settings,
            on_late=on_late,
        )
        self._outlet = Outlet(app, self.rows, results, settings.emit_interval)
        self._memory: dict[int, PartitionMemory] = {}
        self._recovery = Recovery(
            app, self.rows, source, self._folding.decode, self._new_memory, clock
        )
        self.rows.table.on_recover(self._recover)
        app.on_partitions_revoked.connect(self._forget)
        app.timer(1.0, name=f"{name} wall time")(self.tick)

    @property
    def late_records(self) -> int:
        """How many records were older than the retention since the start."""
        return self._folding.late_records

    def update(
        self,
        partition: int,
        last: int,
        parts: Iterable[Part[Any]],
        stream_times: Mapping[int, float] | None = None,
    ) -> None:
        """Fold a batch of the table's topic that ends with the offset *last* of *partition*.

        *stream_times* says of source partitions how far event time (s) has come there, beyond
        what the records show. Each touched window is read, written and emitted once. Nothing
        here awaits, so the whole batch happens or, after a crash, happens again.
        """
        memory = self._memory.get(partition)
        if memory is None:
            raise NotHeldError(f"Table {self.name} does not hold partition {partition}.")
        now_s = self._clock()
        changed: dict[bytes, W] = {}
        for part in parts:
            self._folding.fold_part(partition, memory, part, changed)
            if part.records:
                memory.watermark.observe(str(part.source), part.newest_s, now_s)
        for number, stream_time_s in (stream_times or {}).items():
            memory.watermark.observe(str(number), stream_time_s, now_s)
        memory.position = last
        if self.window.follows:
            self._folding.link(partition, memory, changed)
        self._advance(partition, memory, changed, now_s)

    # Closing, emitting, expiring

    def _advance(
        self,
        partition: int,
        memory: PartitionMemory,
        changed: dict[bytes, W],
        now_s: float,
    ) -> None:
        """Close complete windows, write and emit the changes, expire old rows."""
        for key in memory.pop_complete(memory.watermark.complete_until(now_s)):
            window = changed.get(key) or self._folding.read(partition, key)
            window.final = True
            changed[key] = window
        for key, window in changed.items():
            self._outlet.publish(partition, memory, key, window, now_s)
        for key in memory.pop_expired(
            memory.watermark.expired_until(now_s, self._settings.table_retention)
        ):
            self.rows.delete(partition, key)

    async def tick(self) -> None:
        """Do what wall time asks for: close windows of silent sources, emit what was held back."""
        # In a rebalance, partitions may be another worker's already.
        if self._app.rebalancing or not self._app.tables.actives_ready:
            return
        now_s = self._clock()
        for partition, memory in self._memory.items():
            self._advance(partition, memory, {}, now_s)
            self._outlet.emit_due(partition, memory, now_s)

    # Reading

    def newest(self) -> Iterator[bytes]:
        """Yield the value of each subject's newest window, ordered by partition and subject."""
        for partition, memory in self.held():
            for subject in memory.subjects():
                yield from self._values(partition, subject, memory.starts(subject)[-1:])

    def history(self, subject: str, limit: int) -> Iterator[bytes]:
        """Yield the values of *subject*'s newest *limit* windows here, newest first."""
        for partition, memory in self.held():
            starts = memory.starts(subject)[-limit:]
            yield from self._values(partition, subject, reversed(starts))

    def held(self) -> list[tuple[int, PartitionMemory]]:
        """Return the partitions that this worker holds, with what it remembers of their rows."""
        return sorted(self._memory.items())

    def key(self, subject: str, start: int) -> bytes:
        """Return the key of the window of *subject* from *start* (Unix s) on."""
        return self._folding.key(subject, start)

    def _values(self, partition: int, subject: str, starts: Iterable[int]) -> Iterator[bytes]:
        for start in starts:
            value = self.rows.read(partition, self._folding.key(subject, start))
            if value is not None:
                yield value

    # Recovery

    async def _recover(self) -> None:
        recovered = await self._recovery.run()
        if recovered is None:
            return
        self._memory = recovered
        now_s = self._clock()
        for partition, memory in recovered.items():
            self._outlet.expect_emission(memory)
            unconfirmed, memory.unconfirmed = memory.unconfirmed, []
            self._outlet.repeat(partition, memory, unconfirmed, now_s)

    async def _forget(self, *_: Any, **__: Any) -> None:
        self._memory = {}

    def _new_memory(self) -> PartitionMemory:
        return PartitionMemory(
            Watermark(
                self._settings.lateness, self._settings.idle_timeout, self._clock(), self._expected
            )
        )
