"""What Kafka does to what a batch wrote: not acknowledged is not committed."""

import asyncio
import shutil

import pytest

from tests.kafka.deployment import PARTITIONS
from tests.waiting import eventually


def every(count):
    return {(partition, offset) for partition in range(PARTITIONS) for offset in range(count)}


def finished(deployment, count):
    return lambda: sum(map(len, deployment.notes("end").values())) >= count


async def restart_without_state(deployment, worker):
    """Kill *worker* and start it with nothing of its own, as on another machine."""
    await asyncio.to_thread(worker.kill)
    shutil.rmtree(worker.directory / "data")
    await asyncio.to_thread(worker.start)


async def test_no_offset_is_committed_while_kafka_says_nothing_about_the_results(deployment):
    worker = deployment.worker().start()
    await deployment.send(deployment.source, [b"x"] * 10)
    await deployment.drained()
    deployment.switch_on("hold-sends")
    for count in (20, 30, 40):
        await deployment.send(deployment.source, [b"x"] * 10)
        await eventually(finished(deployment, count * PARTITIONS), "work")
        await eventually(lambda: worker.get("/state/")["committing"], "a commit that waits")

    assert await deployment.committed() == dict.fromkeys(range(PARTITIONS), 10)
    assert await deployment.results() == every(10)

    deployment.switch_off("hold-sends")
    await restart_without_state(deployment, worker)
    await deployment.drained()
    assert await deployment.results() == every(40)
    assert await deployment.rows() == dict.fromkeys(range(PARTITIONS), 39)


REFUSED = {
    "large": "MessageSizeTooLargeError",
    # What goes a batch at a time.
    "huge-result": "MessageSizeTooLargeError",
}


@pytest.mark.parametrize("size", REFUSED)
async def test_a_record_that_kafka_refuses_ends_the_process_before_its_offset_is_committed(
    deployment, size
):
    await deployment.create(
        deployment.changelog, cleanup_policy="compact", max_message_bytes="100000"
    )
    worker = deployment.worker().start()
    await deployment.send(deployment.source, [b"x"] * 5, [0])
    await deployment.drained()
    await deployment.send(deployment.source, [size.encode(), b"x"], [0])
    status = await asyncio.to_thread(worker.child.wait, 60)

    assert status == 1, worker.tail()
    assert REFUSED[size] in worker.log
    assert (await deployment.committed())[0] == 5
