"""A Faust table of raw bytes, read and written by partition.

Faust takes the partition of a write from the event that is being processed. Timers have none,
and here every write knows its partition anyway, so the store and the changelog are addressed
directly, as Faust's own `table[key] = value` does after it has found the partition.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from typing import Any

from faust.types import TP

from cryptoviz.app import ROCKSDB_OPTIONS, BatchedApp
from cryptoviz.settings import current


class Rows:
    """The rows of one table on this worker: bytes by key, in each partition that it holds."""

    def __init__(self, app: BatchedApp, name: str, *, help: str, everywhere: bool = False) -> None:
        """Declare the table; with *everywhere* all workers hold a copy of all its partitions."""
        self.name = name
        declare = app.GlobalTable if everywhere else app.Table
        self.table: Any = declare(
            name,
            partitions=current().topic_partitions,
            key_type=bytes,
            value_type=bytes,
            options=dict(ROCKSDB_OPTIONS),
            help=help,
        )
        if everywhere:
            # Faust reads all partitions of such a table as active ones. It would show what other
            # workers write only a thousand rows later, and not at all in partitions of its own.
            self.table.recovery_buffer_size = self.table.standby_buffer_size = 1
            self.table.synchronize_all_active_partitions = True
        self._app = app
        # One object for all records, for it is called once for many.
        self._on_written = self._note_offset
        # Tombstones that Kafka has not acknowledged, by partition and key.
        self._tombstones: dict[tuple[int, bytes], object] = {}

    def partitions(self) -> list[int]:
        """Return the partitions whose rows are open on this worker, standby copies included."""
        return sorted(self._store._dbs)

    def active_partitions(self) -> list[int]:
        """Return the partitions that this worker, and no other, writes."""
        topic = self.table.changelog_topic_name
        return sorted(
            tp.partition for tp in self._app.assignor.assigned_actives() if tp.topic == topic
        )

    def held_partitions(self) -> list[int]:
        """Return the partitions that this worker answers for: no standby copies of others' rows."""
        return self.partitions() if self.table.is_global else self.active_partitions()

    def read(self, partition: int, key: bytes) -> bytes | None:
        """Return the value of *key* in *partition*, or None."""
        if self._tombstones and (partition, key) in self._tombstones:
            return None
        value: bytes | None = self._store._db_for_partition(partition).get(key)
        return value

    def write(self, partition: int, key: bytes, value: bytes) -> None:
        """Set *key* in *partition*, in RocksDB at once and in the changelog soon."""
        self._tombstones.pop((partition, key), None)
        self._store._db_for_partition(partition).put(key, value)
        self._app.put(self._changelog, partition, key, value, self._on_written)

    def delete(self, partition: int, key: bytes) -> None:
        """Delete *key* from *partition*; the changelog gets a tombstone.

        The row is deleted when Kafka has acknowledged the tombstone, unless it was written
        again meanwhile. Were it deleted at once and the tombstone lost in a crash, the
        changelog would keep the row for ever.
        """
        tombstone = self._tombstones[partition, key] = object()
        self._app.put(self._changelog, partition, key, None, partial(self._forget, key, tombstone))

    def scan(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield the keys and values of *partition* in the order of their keys."""
        store = self._store
        yield from store._visible_items(store._db_for_partition(partition))

    def find(self, key_start: bytes) -> list[bytes]:
        """Return the values here of the keys that are *key_start*, or begin with it and ``|``."""
        start, found = key_start + b"|", []
        for partition in self.held_partitions():
            if (value := self.read(partition, key_start)) is not None:
                found.append(value)
            for key, value in self._store._db_for_partition(partition).items(from_key=start):
                if not key.startswith(start):
                    break
                found.append(value)
        return found

    def _forget(self, key: bytes, tombstone: object, partition: int, offset: int) -> None:
        if self._tombstones.get((partition, key)) is tombstone:
            del self._tombstones[partition, key]
            if (db := self._store._dbs.get(partition)) is not None:
                db.delete(key)
        self._note_offset(partition, offset)

    def _note_offset(self, partition: int, offset: int) -> None:
        # What the store holds of the changelog: a recovery reads on from there.
        if partition in self._store._dbs:
            self._store.set_persisted_offset(TP(self._changelog, partition), offset)

    @cached_property
    def _changelog(self) -> str:
        name: str = self.table.changelog_topic_name
        return name

    @property
    def _store(self) -> Any:
        return self.table.data
