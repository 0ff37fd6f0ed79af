"""Writes the batches of one raw topic to its table, from where the database says it stands.

Kafka's committed offset is only a hint here: a database that is new, was restored, or committed
just before a crash stands elsewhere, and then reading goes to where the database stands.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from faust.types import TP

from cryptoviz.batch import Batch
from cryptoviz.settings import Settings
from cryptoviz.timescale.database import Database
from cryptoviz.timescale.refresh import AggregateRefresher
from cryptoviz.timescale.retention import keep_since
from cryptoviz.timescale.sink import OffsetMovedError, RawTable, Refused, next_offset, write
from cryptoviz.transport import Consumer

log = logging.getLogger(__name__)

R = TypeVar("R")
DeadLetter = Callable[[Batch[Any], Refused], Awaitable[None]]


class Ingest(Generic[R]):
    """The way of one raw topic into *table*; *counts* are of rows since the start."""

    def __init__(
        self,
        table: RawTable[R],
        database: Database,
        refresher: AggregateRefresher,
        settings: Settings,
        consumer: Callable[[], Consumer],
        dead_letter: DeadLetter,
    ) -> None:
        self.table = table
        self.counts: Counter[str] = Counter()
        self._database, self._refresher, self._settings = database, refresher, settings
        self._consumer, self._dead_letter = consumer, dead_letter
        # Where the database stands in each partition, as far as this worker has asked or written.
        self._stands: dict[TP, int] = {}

    async def check(self, tp: TP) -> None:
        """Read *tp* again if Kafka's committed offset is beyond what the database holds.

        `write` would find out too, but only with the next record.
        """
        if tp not in self._stands:
            standing = await self._standing(tp)
            if (self._consumer().committed(tp) or 0) > standing:
                self._go_back(tp)

    async def write(self, batch: Batch[R]) -> bool:
        """Write *batch*, however long the database takes; return False if reading went back.

        Then this batch is read again later, behind what the database lacks.
        """
        tp = TP(batch.topic, batch.partition)
        if batch.raw.position > await self._standing(tp):
            # What is dropped is behind a seek, or was read before a rebalance, in which a seek that
            # is asked for now would be forgotten: it is read again, and judged, either way.
            if not batch.raw.dropped:
                self._go_back(tp)
            return False
        try:
            await self._write(tp, batch)
        except OffsetMovedError as error:
            # Somebody has put the database back while this worker was writing to it.
            log.warning("%s.", error)
            self._stands[tp] = error.stored
            self._go_back(tp)
            return False
        return True

    def forget(self) -> None:
        """Ask the database again where it stands: partitions have moved between workers."""
        self._stands.clear()

    async def _standing(self, tp: TP) -> int:
        if tp not in self._stands:
            pool = await self._database.migrated()
            stored = await next_offset(pool, tp.topic, tp.partition)
            if stored is None:
                stored = (await self._consumer().earliest_offsets(tp))[tp]
            self._stands[tp] = stored
        return self._stands[tp]

    def _go_back(self, tp: TP) -> None:
        log.info("%s goes back to %d, where %s stands.", tp, self._stands[tp], self.table.name)
        self._consumer().rewind(tp, self._stands[tp])

    async def _write(self, tp: TP, batch: Batch[R]) -> None:
        now = datetime.now(UTC)
        offsets = batch.offsets()
        rows = self.table.to_rows(batch.decoded.records, batch.partition, offsets)

        async def refuse(refused: Sequence[Refused]) -> None:
            for row in refused:
                await self._dead_letter(batch, row)

        written = await write(
            await self._database.migrated(),
            self.table,
            batch.topic,
            batch.partition,
            batch.raw.position,
            batch.next,
            rows,
            offsets,
            keep_since=keep_since(self._settings.timescale_retention_days, now),
            refuse=refuse,
        )
        self._stands[tp] = written.next
        self._refresher.note(self.table.name, (row[0] for row in rows), now)
        self.counts["written"] += written.rows
        self.counts["skipped"] += written.skipped
        self.counts["expired"] += written.expired
        self.counts["refused"] += len(written.refused)
