"""Rebalances while batches are in flight: nothing is lost and nothing is committed too early."""

import asyncio
import contextlib

import pytest

from tests.kafka.deployment import PARTITIONS
from tests.waiting import eventually

RECORDS = 400
# One batch of ten records at a time, each slow enough that some are always under way.
SLOW = {"MAX_POLL_RECORDS": "10", "BATCH_DELAY_S": "0.04", "SESSION_TIMEOUT": "6"}


@contextlib.asynccontextmanager
async def watched_commits(deployment):
    """Assert, over and over, that no offset is committed beyond what is finished."""
    looked = 0

    async def look():
        nonlocal looked
        committed = await deployment.committed()
        finished = deployment.notes("end")
        for partition, offset in committed.items():
            missing = set(range(offset)) - set(finished[partition])
            assert not missing, f"{offset} is committed in {partition} without {missing}"
        looked += 1

    async def keep_looking():
        while True:
            await look()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(keep_looking())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await look()
    assert looked > 10


@pytest.mark.parametrize("leave", ["terminate", "kill"])
async def test_a_worker_that_joins_and_leaves_in_mid_batch_loses_nothing(deployment, leave):
    one, two = deployment.worker("one", **SLOW), deployment.worker("two", **SLOW)
    one.start()
    await deployment.send(deployment.source, [b"x"] * RECORDS)
    async with watched_commits(deployment):
        await eventually(lambda: len(deployment.notes("end")) == PARTITIONS, "work")
        await asyncio.to_thread(two.start)
        # On a busy machine one may have done all by then.
        await deployment.send(deployment.source, [b"x"] * RECORDS)
        await eventually(lambda: len(deployment.pids()) == 2, "work of both")
        await asyncio.to_thread(getattr(two, leave))
        # A static member's partitions are given away when its session times out.
        await deployment.drained(timeout_s=60)
    one.stop()

    seen = {partition: set(offsets) for partition, offsets in deployment.notes("end").items()}
    assert seen == {partition: set(range(2 * RECORDS)) for partition in range(PARTITIONS)}
    assert await deployment.results() == {(p, n) for p in seen for n in range(2 * RECORDS)}
    assert await deployment.rows() == dict.fromkeys(range(PARTITIONS), 2 * RECORDS - 1)


async def test_two_workers_that_start_together_on_a_full_topic_miss_nothing(deployment):
    # Nothing is committed yet, so what a rebalance drops cannot be found by the committed offset.
    await deployment.create(deployment.source)
    await deployment.send(deployment.source, [b"x"] * RECORDS)
    workers = [deployment.worker(name, MAX_POLL_RECORDS="10") for name in ("one", "two")]
    for worker in workers:
        worker.launch()
    await deployment.drained(timeout_s=60)

    seen = {partition: set(offsets) for partition, offsets in deployment.notes("end").items()}
    assert seen == {partition: set(range(RECORDS)) for partition in range(PARTITIONS)}
