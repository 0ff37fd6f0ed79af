"""What Kafka's client has fetched and nobody has taken yet, taken a batch at a time.

aiokafka makes a `ConsumerRecord` of eleven fields of each record, in Python, and counts records
one by one. Here the records of its decoder, made in C, are handed over as they are: they have an
offset, a timestamp, a key, a value and headers, and their batch knows topic and partition.
"""

from __future__ import annotations

import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import dropwhile, islice
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import CorruptRecordException


class Fetched(OrderedDict[TopicPartition, Any]):
    """Where aiokafka's fetcher keeps results by partition; those of *topics* are taken here.

    Records of aborted transactions are taken too, as by any consumer that reads uncommitted ones.
    While records of one partition are not taken, aiokafka fetches from no other of that broker, for
    up to 100 ms; not so for those of which *is_held_back* says that nobody wants them now.
    """

    def __init__(
        self, topics: Collection[str], is_held_back: Callable[[TopicPartition], bool]
    ) -> None:
        super().__init__()
        self._topics, self._is_held_back = topics, is_held_back
        # When something last came of each partition (monotonic).
        self._came_s: dict[TopicPartition, float] = {}

    def __setitem__(self, tp: TopicPartition, result: Any) -> None:
        if tp.topic in self._topics and isinstance(result, FetchResult):
            # aiokafka asks for the exact class, so a subclass with this method would not do.
            untaken = Untaken(result, partial(self._is_held_back, tp))
            result.getall, result.calculate_backoff = untaken.take, untaken.blocks_s
        self._came_s[tp] = time.monotonic()
        super().__setitem__(tp, result)

    def since(self, time_s: float) -> Iterator[TopicPartition]:
        """Yield the partitions of which something came after *time_s* (monotonic).

        Not those whose records wait here until somebody wants them: nothing more is fetched then.
        """
        for tp, came_s in self._came_s.items():
            if came_s > time_s and not (tp in self and self._is_held_back(tp)):
                yield tp


class Untaken:
    """The records of one fetch of a partition that are still to be taken."""

    def __init__(self, result: FetchResult, is_held_back: Callable[[], bool]) -> None:
        # Weak, for it is this object that the result refers to, and either holds a megabyte.
        self._result: Any = weakref.proxy(result)
        self._is_held_back = is_held_back
        self._batch: Iterator[Any] = iter(())
        self._batch_end: int = result._partition_records.next_fetch_offset

    def take(self, most: int | None = None) -> list[Any]:
        """Return the next records, at most *most*, and let the fetcher go on behind them."""
        result = self._result
        if not result.check_assignment(result._topic_partition) or not result.has_more():
            return []
        fetched = result._partition_records
        taken: list[Any] = []
        while True:
            taken += islice(self._batch, None if most is None else most - len(taken))
            if len(taken) == most:
                fetched.next_fetch_offset = taken[-1].offset + 1
                result._update_position()
                return taken
            # Offsets behind the last record may be gone from a compacted batch.
            fetched.next_fetch_offset = self._batch_end
            if not fetched._records.has_next():
                result._update_position()
                result._partition_records = None
                return taken
            self._open_next(fetched)

    def blocks_s(self) -> float:
        """Return for how many seconds more nothing else is to be fetched from that broker."""
        return 0.0 if self._is_held_back() else FetchResult.calculate_backoff(self._result)

    def _open_next(self, fetched: Any) -> None:
        batch = fetched._records.next_batch()
        if fetched._check_crcs and not batch.validate_crc():
            # What was taken of this fetch has not been counted, so all of it is fetched again.
            self._result._partition_records = None
            raise CorruptRecordException(f"Invalid CRC - {fetched._tp}")
        self._batch_end = batch.next_offset
        # A fetch begins with the whole batch in which its offset is.
        wanted = fetched.next_fetch_offset
        self._batch = (
            iter(())
            if batch.is_control_batch
            else dropwhile(lambda record: record.offset < wanted, batch)
        )
