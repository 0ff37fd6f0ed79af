"""Rebuilds what a worker remembers of a table's partitions, once their rows have recovered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition

from cryptoviz.app import BatchedApp
from cryptoviz.window import Window
from tables.memory import PartitionMemory
from tables.rows import Rows

log = logging.getLogger(__name__)

# Rows after which others get their turn, the web server among them.
YIELD_EVERY = 1_000
# How often, at most, the log says how far a table has come.
PROGRESS_S = 2.0


class Recovery:
    """Reads the rows of every partition that this worker writes, and the topic's commits."""

    def __init__(
        self,
        app: BatchedApp,
        rows: Rows,
        source: str,
        decode: Callable[[bytes], Window],
        new_memory: Callable[[], PartitionMemory],
        clock: Callable[[], float],
    ) -> None:
        self._app, self._rows, self._source = app, rows, source
        self._decode, self._new_memory = decode, new_memory
        self._clock, self._found, self._told_s = clock, 0, 0.0

    async def run(self) -> dict[int, PartitionMemory] | None:
        """Return the memory of each partition; None if it was overtaken by a rebalance.

        An error ends the worker: Faust drops what a recovery callback raises, and goes on.
        """
        generation = self._app.consumer_generation_id
        self._found, self._told_s = 0, self._clock()
        try:
            recovered = {
                partition: await self._partition(partition)
                for partition in self._rows.active_partitions()
            }
        except Exception as error:
            if generation != self._app.consumer_generation_id:
                return None
            await self._app.crash(error)
            raise
        if generation != self._app.consumer_generation_id:
            return None
        windows = sum(len(memory) for memory in recovered.values())
        log.info(
            "Table %s holds %d windows in %d partitions.", self._rows.name, windows, len(recovered)
        )
        return recovered

    async def _partition(self, partition: int) -> PartitionMemory:
        memory = self._new_memory()
        committed = await self._committed(partition)
        for key, value in self._rows.scan(partition):
            memory.recover(key, self._decode(value), committed)
            self._found += 1
            if self._found % YIELD_EVERY == 0:
                self._tell()
                await asyncio.sleep(0)
        memory.position = max(memory.position, committed - 1)
        return memory

    def _tell(self) -> None:
        now_s = self._clock()
        if now_s >= self._told_s + PROGRESS_S:
            self._told_s = now_s
            log.info("Table %s has found %d windows so far.", self._rows.name, self._found)

    async def _committed(self, partition: int) -> int:
        """Return the offset from which the table's topic will be read; 0 before any commit."""
        thread: Any = self._app.consumer._thread  # type: ignore[attr-defined]
        consumer = thread._ensure_consumer()
        place = TopicPartition(self._source, partition)
        return await thread.call_thread(consumer.committed, place) or 0
