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


class Recovery:
    """Reads the rows of every partition that this worker writes, and the topic's commits."""

    def __init__(
        self,
        app: BatchedApp,
        rows: Rows,
        source: str,
        decode: Callable[[bytes], Window],
        new_memory: Callable[[], PartitionMemory],
    ) -> None:
        self._app, self._rows, self._source = app, rows, source
        self._decode, self._new_memory = decode, new_memory

    async def run(self) -> dict[int, PartitionMemory] | None:
        """Return the memory of each partition; None if it was overtaken by a rebalance.

        An error ends the worker: Faust drops what a recovery callback raises, and goes on.
        """
        generation = self._app.consumer_generation_id
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
        for number, (key, value) in enumerate(self._rows.scan(partition)):
            memory.recover(key, self._decode(value), committed)
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        memory.position = max(memory.position, committed - 1)
        return memory

    async def _committed(self, partition: int) -> int:
        """Return the offset from which the table's topic will be read; 0 before any commit."""
        thread: Any = self._app.consumer._thread  # type: ignore[attr-defined]
        consumer = thread._ensure_consumer()
        place = TopicPartition(self._source, partition)
        return await thread.call_thread(consumer.committed, place) or 0
