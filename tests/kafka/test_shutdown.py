"""How long a worker takes to end and to come back: within 10 s, whatever it waits for."""

import asyncio
import signal
import time

import aiohttp
import pytest

from tests.kafka.deployment import PARTITIONS
from tests.waiting import eventually

LIMIT_S = 10.0


async def ended(worker, number=signal.SIGTERM):
    """Send *number* and return how many seconds the process took to end, and its status."""
    began_s = time.monotonic()
    worker.child.send(number)
    status = await asyncio.to_thread(worker.child.wait, 3 * LIMIT_S)
    return time.monotonic() - began_s, status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_with_open_websockets_ends_in_time_and_commits_its_work(deployment, number):
    worker = deployment.worker(COMMIT_INTERVAL="60").start()
    await deployment.send(deployment.source, [b"x"] * 50)
    await eventually(
        lambda: sum(map(len, deployment.notes("end").values())) == 50 * PARTITIONS, "work"
    )
    url = f"http://127.0.0.1:{worker.web_port}/socket/"
    async with aiohttp.ClientSession() as session:
        # One answers the closing handshake; the other is a browser that is asleep.
        awake, asleep = await session.ws_connect(url), await session.ws_connect(url)
        await asleep.send_str("hello")
        stopping = asyncio.create_task(ended(worker, number))
        closed = await awake.receive(timeout=LIMIT_S)
        took_s, status = await stopping

    assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    assert status == 0, worker.tail()
    assert took_s < LIMIT_S
    # No commit was due, so these are the ones of the stop.
    assert await deployment.committed() == dict.fromkeys(range(PARTITIONS), 50)


async def test_a_worker_that_is_joining_its_group_ends_in_time(deployment):
    first = deployment.worker("one").start()
    # A member that does not answer keeps the group from completing for a minute.
    first.child.send(signal.SIGSTOP)
    second = deployment.worker("two").launch()
    try:
        await eventually(lambda: rebalancing(deployment), "a join that waits")
        took_s, status = await ended(second)
    finally:
        first.child.send(signal.SIGCONT)

    assert status == 0, second.tail()
    assert took_s < LIMIT_S


async def rebalancing(deployment):
    async with deployment.admin() as admin:
        responses = await admin.describe_consumer_groups([deployment.name])
    states = [group[2] for response in responses for group in response.groups]
    return states == ["PreparingRebalance"]


async def test_a_worker_that_was_killed_is_ready_again_in_time(deployment):
    worker = deployment.worker().start()
    await deployment.send(deployment.source, [b"x"] * 50)
    await deployment.drained()
    await asyncio.to_thread(worker.kill)
    began_s = time.monotonic()
    await asyncio.to_thread(worker.start)
    await deployment.send(deployment.source, [b"x"] * 50)
    await deployment.drained()
    took_s = time.monotonic() - began_s

    assert took_s < LIMIT_S
    assert deployment.notes("end") == {p: list(range(100)) for p in range(PARTITIONS)}
