"""A Faust table of raw bytes, read and written by partition.

Faust takes the partition of a write from the event that is being processed. Timers have none,
and here every write knows its partition anyway, so it is named.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from faust.streams import _current_event

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

    def partitions(self) -> list[int]:
        """Return the partitions whose rows are open on this worker."""
        return sorted(self._store._dbs)

    def read(self, partition: int, key: bytes) -> bytes | None:
        """Return the value of *key* in *partition*, or None."""
        value: bytes | None = self._store._db_for_partition(partition).get(key)
        return value

    def write(self, partition: int, key: bytes, value: bytes) -> None:
        """Set *key* in *partition*, in RocksDB at once and in the changelog soon."""
        with _Processing(partition, self.name):
            self.table[key] = value

    def delete(self, partition: int, key: bytes) -> None:
        """Delete *key* from *partition*; the changelog gets a tombstone.

        The row is deleted when Kafka has acknowledged the tombstone. Were it deleted at once
        and the tombstone lost in a crash, the changelog would keep the row for ever.
        """
        self.table.changelog_topic.send_soon(
            key=key,
            value=None,
            partition=partition,
            callback=lambda sent: self._forget(partition, key, sent),
        )

    def scan(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield the keys and values of *partition* in the order of their keys."""
        store = self._store
        yield from store._visible_items(store._db_for_partition(partition))

    def find(self, key_start: bytes) -> list[bytes]:
        """Return the values of the keys that are *key_start*, or begin with it and ``|``."""
        wanted = (key_start, key_start + b"|")
        return [
            value
            for partition in self.partitions()
            for key, value in self.scan(partition)
            if key == wanted[0] or key.startswith(wanted[1])
        ]

    def _forget(self, partition: int, key: bytes, sent: Any) -> None:
        db = self._store._dbs.get(partition)
        if db is not None:
            db.delete(key)
            self.table._on_changelog_sent(sent)

    @property
    def _store(self) -> Any:
        return self.table.data


@dataclass
class _Message:
    partition: int
    topic: str


@dataclass
class _Event:
    message: _Message


class _Processing:
    """Makes Faust believe that an event of *partition* is being processed."""

    def __init__(self, partition: int, topic: str) -> None:
        self._event = _Event(_Message(partition, topic))

    def __enter__(self) -> None:
        self._token = _current_event.set(weakref.ref(self._event))  # type: ignore[arg-type]

    def __exit__(self, *_: object) -> None:
        _current_event.reset(self._token)
