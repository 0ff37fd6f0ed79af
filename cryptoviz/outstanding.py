"""The batches that agents have been handed and whose offsets are not committed yet."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator

from faust.types import TP

from cryptoviz.batch import RawBatch

# Batches of a partition that may be in an agent's hands or on their way there: one being worked
# on and one to go on with. More would only cost memory.
MOST_UNFINISHED = 2


def queue_size(partitions: int) -> int:
    """Return a `stream_buffer_maxsize` that a topic of *partitions* never fills.

    Faust stops reading every topic while one agent's queue is full, and pauses a partition long
    before. Here partitions are held back one by one, so that a slow agent slows no other.
    """
    return 2 * MOST_UNFINISHED * partitions


class Outstanding:
    """Batches by partition, in the order of their offsets, in which they also finish."""

    def __init__(self) -> None:
        self._batches: defaultdict[TP, deque[RawBatch]] = defaultdict(deque)
        # How far reading has come behind the last batch, where it met no record.
        self._ends: dict[TP, int] = {}
        # Records that agents have finished and whose offsets were handed to a commit, by topic.
        self.done: Counter[str] = Counter()

    def add(self, tp: TP, batch: RawBatch) -> None:
        """Note that *batch* of *tp* is being handed over, behind those noted before."""
        batches = self._batches[tp]
        batch.follow(batches[-1] if batches else None)
        batches.append(batch)
        self._ends.pop(tp, None)

    def reach(self, tp: TP, offset: int) -> None:
        """Note that behind the batches of *tp* there is no record before *offset*."""
        self._ends[tp] = offset

    def is_full(self, tp: TP) -> bool:
        """Return whether agents hold as many unfinished batches of *tp* as they may."""
        batches = self._batches.get(tp, ())
        # They finish in order, so one that is unfinished tells of all behind it.
        return len(batches) >= MOST_UNFINISHED and not batches[-MOST_UNFINISHED].finished

    def finished(self) -> Iterator[TP]:
        """Yield the partitions in which there is something to commit."""
        yield from (tp for tp, batches in self._batches.items() if batches and batches[0].finished)
        yield from (tp for tp in self._ends if not self._batches.get(tp))

    def pop_finished(self, tp: TP) -> int | None:
        """Drop the finished batches at the head of *tp*; return the offset after the last one."""
        batches, offset = self._batches[tp], None
        while batches and batches[0].finished:
            batch = batches.popleft()
            self.done[tp.topic] += len(batch.records)
            offset = batch.next
        return offset if batches else self._ends.pop(tp, offset)

    def unfinished_from(self, tp: TP, default: int) -> int:
        """Return where the first unfinished batch of *tp* begins, *default* if there is none."""
        unfinished = (each.position for each in self._batches.get(tp, ()) if not each.finished)
        return next(unfinished, default)

    def forget(self, tp: TP) -> None:
        """Drop the batches of *tp*: it is read again."""
        for batch in self._batches.pop(tp, ()):
            batch.dropped = True
        self._ends.pop(tp, None)

    def clear(self) -> None:
        """Drop all batches."""
        for tp in list(self._batches):
            self.forget(tp)
        self._ends.clear()
