"""One Faust event for all records that a fetch returned for one partition.

Stock Faust pays for a message, an event, a queue entry and futures per record; here it pays
once per batch, and agents fold the records in a plain loop
(docs/decisions/0001-one-event-per-batch.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import faust
from faust.types import TP

from cryptoviz.records import Decoded, RawRecord

R = TypeVar("R")


class OrderError(RuntimeError):
    """An agent was handed a batch that it must not work on; going on would lose records."""


class RawBatch:
    """Consecutively fetched records of partition *tp*; offsets may have holes, never disorder.

    *position* is where this reading began: Kafka holds no other record in [position, next).
    *finished* is set by the agent that has done all its work on the batch. Only then may the
    offsets be committed: that Faust acknowledged the event proves nothing, since it also
    acknowledges events that it skips and events on which an agent raised.
    *dropped* says that the partition is read again from what is committed, by whoever has it now.
    """

    __slots__ = ("_before", "_taken", "dropped", "finished", "position", "records", "tp")

    def __init__(self, tp: TP, records: Sequence[RawRecord], position: int | None = None) -> None:
        self.tp = tp
        self.records = records
        self.position: int = records[0].offset if position is None else position
        self.finished = self.dropped = False
        self._before: RawBatch | None = None
        self._taken = False

    def follow(self, before: RawBatch | None) -> None:
        """Note which batch of the same partition must be finished before this one begins."""
        self._before = before

    def take(self) -> bool:
        """Note that an agent begins to work on the batch; return False if it is dropped.

        Faust empties the agents' queues in a rebalance, but not of what comes behind that.

        Raises `OrderError` when another agent has begun before, since the first to finish would
        have the offsets committed; and when the batch before is not finished: rows hold the
        last offset folded into them, so what is skipped now would be skipped for ever.
        """
        if self.dropped:
            return False
        where = f"{self.tp.topic}, partition {self.tp.partition}"
        if self._taken:
            raise OrderError(f"Two agents read {where}; a batched topic has one.")
        if (before := self._before) is not None and not before.finished:
            state = "being worked on" if before._taken else "not begun"
            raise OrderError(
                f"What is before offset {self.first} of {where} is not finished: offsets "
                f"{before.first} to {before.next - 1} are {state}."
            )
        self._taken = True
        return True

    def finish(self) -> None:
        """Note that all work on the batch is done."""
        self.finished = True
        self._before = None

    @property
    def first(self) -> int:
        """Offset of the first record."""
        return self.records[0].offset

    @property
    def next(self) -> int:
        """Offset after the last record: where reading goes on when the batch is done."""
        return self.records[-1].offset + 1


class Batch(Generic[R]):
    """A batch as agents see it: typed records, beside the raw ones that were rejected."""

    __slots__ = ("decoded", "partition", "raw", "topic")

    def __init__(self, topic: str, partition: int, raw: RawBatch, decoded: Decoded[R]) -> None:
        self.topic = topic
        self.partition = partition
        self.raw = raw
        self.decoded = decoded

    @property
    def first(self) -> int:
        """Offset of the first record."""
        return self.raw.first

    @property
    def next(self) -> int:
        """Offset after the last record."""
        return self.raw.next

    def offsets(self) -> Sequence[int]:
        """Return the source offset of each accepted record, in the records' order."""
        records, indexes = self.raw.records, self.decoded.indexes
        if indexes is None:
            without_holes = range(self.first, self.next)
            if len(without_holes) == len(records):
                return without_holes
            return [record.offset for record in records]
        return [records[index].offset for index in indexes]


class BatchSchema(faust.Schema[None, Any]):
    """Decodes a raw batch once, for all agents, with the decoder of its topic."""

    def __init__(self, decode: Callable[[Sequence[RawRecord]], Decoded[Any]]) -> None:
        super().__init__()
        self._decode = decode

    def loads_key(self, app: Any, message: Any, **_: Any) -> None:
        """Return None: a batch has as many keys as records."""

    def loads_value(self, app: Any, message: Any, **_: Any) -> Batch[Any]:
        """Return the typed batch of a message of the batched transport."""
        raw: RawBatch = message.value
        return Batch(message.topic, message.partition, raw, self._decode(raw.records))


async def each(stream: AsyncIterable[Batch[R]]) -> AsyncIterator[Batch[R]]:
    """Yield the batches of *stream*; each counts as finished when the next one is asked for.

    A body that raises or is cancelled never asks, so its batch stays unfinished: its offsets
    are not committed and whoever takes over the partition reads it again. Raises `OrderError`
    rather than yield a batch behind an unfinished one: Faust starts an agent anew on what
    follows the batch on which it raised. Dropped batches are left out: they are read again.
    """
    async for batch in stream:
        if batch.raw.take():
            yield batch
            batch.raw.finish()


async def side_by_side(
    stream: AsyncIterable[Batch[R]], work: Callable[[Batch[R]], Awaitable[object]], most: int
) -> None:
    """Await *work* on each batch of *stream*, on those of *most* partitions at a time.

    Batches of one partition keep their order, and each counts as finished when its work is done;
    dropped ones are left out.
    Work that raises cancels the other, and is raised.
    """
    under_way: dict[int, asyncio.Task[None]] = {}
    try:
        async with asyncio.TaskGroup() as group:
            async for batch in stream:
                if (before := under_way.get(batch.partition)) is not None:
                    await asyncio.wait([before])
                while len(under_way) >= most and batch.partition not in under_way:
                    await asyncio.wait(under_way.values(), return_when=asyncio.FIRST_COMPLETED)
                    under_way = {at: task for at, task in under_way.items() if not task.done()}
                under_way[batch.partition] = group.create_task(_whole(batch, work))
    except BaseExceptionGroup as errors:
        # An agent raises what went wrong, which its log shows with its own trace.
        raise errors.exceptions[0] from None


async def _whole(batch: Batch[R], work: Callable[[Batch[R]], Awaitable[object]]) -> None:
    if batch.raw.take():
        await work(batch)
        batch.raw.finish()
