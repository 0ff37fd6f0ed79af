"""Batches of several partitions at a time; those of one in their order."""

import asyncio
from types import SimpleNamespace

import pytest
from faust.types import TP

from cryptoviz.batch import Batch, OrderError, RawBatch, side_by_side


def a_batch(partition, offset):
    record = SimpleNamespace(offset=offset)
    return Batch("t", partition, RawBatch(TP("t", partition), [record]), decoded=None)


async def stream_of(batches):
    for batch in batches:
        yield batch


async def test_each_partition_keeps_its_order_while_others_go_on():
    batches = [a_batch(partition, offset) for offset in range(3) for partition in range(3)]
    log, running, most_running = [], 0, 0

    async def work(batch):
        nonlocal running, most_running
        running += 1
        most_running = max(most_running, running)
        for _ in range(5 - batch.partition):
            await asyncio.sleep(0)
        log.append((batch.partition, batch.first))
        running -= 1

    await side_by_side(stream_of(batches), work, 2)

    assert most_running == 2
    for partition in range(3):
        assert [offset for at, offset in log if at == partition] == [0, 1, 2]
    assert all(batch.raw.finished for batch in batches)


async def test_work_that_raises_is_raised_and_leaves_the_other_unfinished():
    failing, other = a_batch(0, 0), a_batch(1, 0)
    never = asyncio.Event()

    async def endless():
        yield other
        yield failing
        await never.wait()

    async def work(batch):
        if batch is other:
            await never.wait()
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        await side_by_side(endless(), work, 2)

    assert not failing.raw.finished
    assert not other.raw.finished


async def test_a_batch_behind_one_that_was_never_finished_is_not_worked_on():
    first, second = a_batch(0, 0), a_batch(0, 1)
    second.raw.follow(first.raw)
    worked = []

    async def work(batch):
        worked.append(batch)

    with pytest.raises(OrderError, match="is not finished"):
        await side_by_side(stream_of([second]), work, 2)

    assert worked == []
