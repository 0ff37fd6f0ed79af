"""What a worker does while Kafka freezes or dies, and when it comes back."""

import asyncio
import shutil
import signal

import pytest

from cryptoviz.local.broker import Broker
from cryptoviz.local.fixtures import own_directory
from tests.kafka.deployment import PARTITIONS
from tests.kafka.test_shutdown import LIMIT_S, ended
from tests.kafka.test_transport_faults import every, finished
from tests.waiting import eventually


@pytest.fixture(scope="module")
def broker():
    """Run a Kafka of this module's own: with few topics it is soon back, and no test misses it."""
    with own_directory() as path, Broker(path, start_timeout_s=120) as running:
        yield running


async def test_nothing_is_missing_when_kafka_freezes_and_the_worker_dies(deployment):
    deployment.switch_on(f"stall-{deployment.source}")
    worker = deployment.worker().start()
    await deployment.send(deployment.source, [b"x"] * 200)
    await eventually(lambda: deployment.notes("begin"), "work")
    with deployment.kafka_away("frozen"):
        deployment.switch_off(f"stall-{deployment.source}")
        await eventually(finished(deployment, 1), "work")
        await asyncio.to_thread(worker.kill)
    assert await deployment.committed() == dict.fromkeys(range(PARTITIONS), 0)

    shutil.rmtree(worker.directory / "data")
    await asyncio.to_thread(worker.start)
    await deployment.drained()
    assert await deployment.results() == every(200)
    assert await deployment.rows() == dict.fromkeys(range(PARTITIONS), 199)


@pytest.mark.parametrize("how", ["frozen", "dead"])
async def test_a_kafka_that_comes_back_is_waited_for(deployment, how):
    worker = deployment.worker(MAX_POLL_RECORDS="10").start()
    await deployment.send(deployment.source, [b"x"] * 100)
    await deployment.drained()
    deployment.switch_on(f"stall-{deployment.source}")
    await deployment.send(deployment.source, [b"x"] * 100)
    await eventually(lambda: worker.get("/state/")["batches"] >= PARTITIONS, "batches in hand")
    with deployment.kafka_away(how):
        deployment.switch_off(f"stall-{deployment.source}")
        await eventually(lambda: worker.get("/state/")["committing"], "a commit that waits")
    await deployment.drained(timeout_s=60)

    assert worker.child.exit_status is None, worker.tail()
    seen = {partition: set(offsets) for partition, offsets in deployment.notes("end").items()}
    assert seen == {partition: set(range(200)) for partition in range(PARTITIONS)}
    assert await deployment.results() == every(200)
    assert await deployment.rows() == dict.fromkeys(range(PARTITIONS), 199)


@pytest.mark.parametrize(("how", "number"), [("frozen", signal.SIGTERM), ("dead", signal.SIGINT)])
async def test_a_worker_ends_in_time_while_kafka_does_not_answer(deployment, how, number):
    deployment.switch_on(f"stall-{deployment.source}")
    worker = deployment.worker().start()
    await deployment.send(deployment.source, [b"x"] * 50)
    await eventually(lambda: worker.get("/state/")["batches"] >= PARTITIONS, "batches in hand")
    with deployment.kafka_away(how):
        deployment.switch_off(f"stall-{deployment.source}")
        await eventually(lambda: worker.get("/state/")["committing"], "a commit that waits")
        took_s, status = await ended(worker, number)

    assert status == 0, worker.tail()
    assert took_s < LIMIT_S
    assert "Nothing is lost" in worker.log
    worker.stop()
    with worker:
        await deployment.drained()
    assert await deployment.results() >= {(p, n) for p in range(PARTITIONS) for n in range(50)}
