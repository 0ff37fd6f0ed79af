"""Batches as agents iterate over them, one after another."""

import pytest
from aiokafka.structs import ConsumerRecord
from faust.types import TP

from cryptoviz.batch import Batch, OrderError, RawBatch, each
from cryptoviz.records import Decoded

SOURCE = TP("source", 0)


def batches(*offsets):
    """Return batches of a record each, every one behind the one before."""
    made = []
    for offset in offsets:
        record = ConsumerRecord(*SOURCE, offset, 1_500, 0, b"k", b"v", None, 1, 1, ())
        raw = RawBatch(SOURCE, [record])
        raw.follow(made[-1].raw if made else None)
        made.append(Batch(*SOURCE, raw, Decoded([], None, [])))
    return made


async def stream_of(these):
    for batch in these:
        yield batch


async def test_a_batch_counts_as_finished_when_the_next_one_is_asked_for():
    first, second = batches(1, 2)
    seen = []

    async for batch in each(stream_of([first, second])):
        seen.append((batch.first, first.raw.finished, second.raw.finished))

    assert seen == [(1, False, False), (2, True, False)]
    assert second.raw.finished


async def test_a_batch_behind_an_unfinished_one_is_refused_and_says_which():
    _, second = batches(1, 2)

    with pytest.raises(OrderError, match="offsets 1 to 1 are not begun"):
        async for _ in each(stream_of([second])):
            pass


async def test_batches_that_are_read_again_are_left_out_whatever_is_before_them():
    first, second, third = batches(1, 2, 3)
    first.raw.dropped = second.raw.dropped = True
    third.raw.follow(None)

    assert [batch.first async for batch in each(stream_of([second, third]))] == [3]
    assert not second.raw.finished
