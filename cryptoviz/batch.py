"""One Faust event for all records that a fetch returned for one partition.

Stock Faust pays for a message, an event, a queue entry and futures per record; here it pays
once per batch, and agents fold the records in a plain loop (docs/decisions/0002-batches.md).
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from typing import Any, Generic, TypeVar

import faust
from aiokafka.structs import ConsumerRecord

from cryptoviz.records import Decoded

R = TypeVar("R")


class RawBatch:
    """Consecutively fetched records of one partition; offsets may have holes, never disorder.

    *position* is where this reading began: Kafka holds no other record in [position, next).
    *finished* is set by the agent that has done all its work on the batch. Only then may the
    offsets be committed: that Faust acknowledged the event proves nothing, since it also
    acknowledges events that it skips and events on which an agent raised.
    """

    __slots__ = ("finished", "position", "records")

    def __init__(self, records: Sequence[ConsumerRecord], position: int | None = None) -> None:
        self.records = records
        self.position: int = records[0].offset if position is None else position
        self.finished = False

    @property
    def first(self) -> int:
        """Offset of the first record."""
        return self.records[0].offset  # type: ignore[no-any-return]

    @property
    def next(self) -> int:
        """Offset after the last record: where reading goes on when the batch is done."""
        return self.records[-1].offset + 1  # type: ignore[no-any-return]


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

    def offsets(self) -> list[int]:
        """Return the source offset of each accepted record, in the records' order."""
        records, indexes = self.raw.records, self.decoded.indexes
        if indexes is None:
            return [record.offset for record in records]
        return [records[index].offset for index in indexes]


class BatchSchema(faust.Schema[None, Any]):
    """Decodes a raw batch once, for all agents, with the decoder of its topic."""

    def __init__(self, decode: Callable[[Sequence[ConsumerRecord]], Decoded[Any]]) -> None:
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
    are not committed and whoever takes over the partition reads it again.
    """
    async for batch in stream:
        yield batch
        batch.raw.finished = True
