"""Where the changes of a windowed table go: its row, and the results topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from cryptoviz.app import BatchedApp
from tables.memory import PartitionMemory
from tables.rows import Rows

_encode = msgspec.json.Encoder().encode


class Outlet:
    """Writes and emits windows; provisional ones at most every *emit_interval_s* each."""

    def __init__(self, app: BatchedApp, rows: Rows, results: str, emit_interval_s: float) -> None:
        self._app, self._rows = app, rows
        self._results, self._emit_interval_s = results, emit_interval_s

    def publish(
        self, partition: int, memory: PartitionMemory, key: bytes, window: Any, now_s: float
    ) -> None:
        """Write *window* to its row, and emit it if it is final or due."""
        window.position = memory.position
        value = _encode(window)
        self._rows.write(partition, key, value)
        if window.final or self._is_due(memory, key, now_s):
            self._emit(partition, memory, key, value, now_s)
        else:
            memory.pending.add(key)

    def emit_due(self, partition: int, memory: PartitionMemory, now_s: float) -> None:
        """Emit the windows that were held back and are due now."""
        for key in [key for key in memory.pending if self._is_due(memory, key, now_s)]:
            value = self._rows.read(partition, key)
            if value is not None:
                self._emit(partition, memory, key, value, now_s)

    def repeat(
        self, partition: int, memory: PartitionMemory, keys: Iterable[bytes], now_s: float
    ) -> None:
        """Send rows as they are to the changelog and the results topic once more."""
        for key in keys:
            value = self._rows.read(partition, key)
            if value is not None:
                self._rows.write(partition, key, value)
                self._emit(partition, memory, key, value, now_s)

    def expect_emission(self, memory: PartitionMemory) -> None:
        """After a restart: any open window may have a change that was held back."""
        if self._emit_interval_s:
            memory.pending.update(memory.open)

    def _is_due(self, memory: PartitionMemory, key: bytes, now_s: float) -> bool:
        return now_s - memory.emitted_s.get(key, -self._emit_interval_s) >= self._emit_interval_s

    def _emit(
        self, partition: int, memory: PartitionMemory, key: bytes, value: bytes, now_s: float
    ) -> None:
        memory.pending.discard(key)
        if self._emit_interval_s and key in memory.open:
            memory.emitted_s[key] = now_s
        self._app.put(self._results, partition, key, value)


# Called with the table's name, source partition, source offset and the record.
OnLate = Callable[[str, int, int, Any], None]
