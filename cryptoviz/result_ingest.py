"""Writes the batches of one results topic to its table, as often as they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Generic, Literal, TypeVar

from cryptoviz.batch import Batch
from cryptoviz.ingest import DeadLetter
from cryptoviz.timescale.copying import Refused
from cryptoviz.timescale.database import Database
from cryptoviz.timescale.failures import fault_of_a_row, sentence
from cryptoviz.timescale.raw_table import Row
from cryptoviz.timescale.refresh import AggregateRefresher
from cryptoviz.timescale.results import ResultTable, upsert
from cryptoviz.timescale.retention import keep_since

R = TypeVar("R")


class ResultIngest(Generic[R]):
    """The way of one results topic into *table*; *counts* are of rows since the start.

    *rows_of* makes the rows of a record. Rows older than *retention_days* are not written.
    """

    def __init__(
        self,
        table: ResultTable,
        rows_of: Callable[[R], Sequence[Row]],
        database: Database,
        refresher: AggregateRefresher,
        dead_letter: DeadLetter,
        *,
        retention_days: int | Literal["off"],
    ) -> None:
        self.table = table
        self.counts: Counter[str] = Counter()
        self._rows_of, self._database, self._refresher = rows_of, database, refresher
        self._dead_letter, self._retention_days = dead_letter, retention_days

    async def write(self, batch: Batch[R]) -> None:
        """Write *batch*, however long the database takes; a higher revision replaces a lower one.

        A record that the database does not take goes to the dead letters, the others are written.
        """
        await self._write(batch, list(zip(batch.decoded.records, batch.offsets(), strict=True)))

    async def _write(self, batch: Batch[R], records: Sequence[tuple[R, int]]) -> None:
        try:
            rows = list(chain.from_iterable(self._rows_of(record) for record, _ in records))
            now = datetime.now(UTC)
            since = keep_since(self._retention_days, now)
            kept = rows if since is None else [row for row in rows if row[0] >= since]
            written = await upsert(await self._database.migrated(), self.table, kept)
        except Exception as error:
            if not fault_of_a_row(error):
                raise
            await self._without_the_refused(batch, records, error)
            return
        self._refresher.note(self.table.name, (row[0] for row in kept), now)
        self.counts["written"] += written
        self.counts["expired"] += len(rows) - len(kept)

    async def _without_the_refused(
        self, batch: Batch[R], records: Sequence[tuple[R, int]], error: Exception
    ) -> None:
        if len(records) == 1:
            await self._dead_letter(batch, Refused(records[0][1], sentence(error)))
            self.counts["refused"] += 1
            return
        middle = len(records) // 2
        await self._write(batch, records[:middle])
        await self._write(batch, records[middle:])
