"""Lanes: what goes into a batch, who hears of it, and what stays in order."""

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.types import TP

from cryptoviz.lanes import Lanes, Queued, due_callbacks

FIRST, OTHER = TP("t", 0), TP("t", 1)


class Client:
    """Kafka's client, whose batches are acknowledged when the test says so."""

    def __init__(self, batch_size=16_384):
        self.batch_size = batch_size
        self.sent = []
        # What it waits for before it takes a batch, and what it raises then.
        self.ready = self.error = None

    def create_batch(self):
        return BatchBuilder(self.batch_size, 0)

    async def send_batch(self, batch, topic, *, partition):
        assert batch.closed()
        if self.ready:
            await self.ready.wait()
        if self.error:
            raise self.error
        arrived = asyncio.get_running_loop().create_future()
        self.sent.append((TP(topic, partition), batch.record_count(), arrived))
        return arrived

    async def until(self, count):
        async with asyncio.timeout(5):
            while len(self.sent) < count:
                await asyncio.sleep(0)

    def acknowledge(self, number, offset):
        self.sent[number][2].set_result(SimpleNamespace(offset=offset))


@pytest.fixture
def client():
    return Client()


@pytest.fixture
async def lanes(client):
    async def started():
        return client

    arrived, failures = [], []
    running = Lanes(arrived.extend, failures.append)
    running.arrived, running.failures = arrived, failures
    task = asyncio.create_task(running.run(started))
    yield running
    task.cancel()


def put(lanes, tp, *keys, on_acknowledged=None):
    for key in keys:
        lanes.put(tp, Queued(key, b"value", on_acknowledged, None))


def keys(records):
    return [record.key for record in records]


async def test_what_waits_together_is_one_batch_for_each_partition(lanes, client):
    put(lanes, FIRST, b"a", b"b")
    put(lanes, OTHER, b"c")
    await client.until(2)

    assert {(tp, count) for tp, count, _ in client.sent} == {(FIRST, 2), (OTHER, 1)}


async def test_the_next_batch_goes_when_the_one_before_has_arrived(lanes, client):
    put(lanes, FIRST, b"a")
    await client.until(1)
    put(lanes, FIRST, b"b", b"c")
    put(lanes, OTHER, b"d")
    await client.until(2)
    assert client.sent[1][:2] == (OTHER, 1)

    client.acknowledge(0, 7)
    await client.until(3)

    assert client.sent[2][:2] == (FIRST, 2)
    assert keys(lanes.arrived) == [b"a"]


async def test_what_waits_goes_on_before_the_client_looks_for_its_next_request(lanes, client):
    put(lanes, FIRST, b"a")
    await client.until(1)
    put(lanes, FIRST, b"b")
    seen = []
    # As aiokafka's sender: it is told after the batch's own listeners, in the same turn.
    client.sent[0][2].add_done_callback(lambda _: seen.append(len(client.sent)))
    client.acknowledge(0, 0)
    await asyncio.sleep(0)

    assert seen == [2]


async def test_what_goes_on_waits_with_the_client_and_keeps_its_order(lanes, client):
    put(lanes, FIRST, b"a")
    await client.until(1)
    put(lanes, FIRST, b"b")
    client.ready = asyncio.Event()
    client.acknowledge(0, 0)
    await asyncio.sleep(0)
    put(lanes, FIRST, b"c")
    assert len(client.sent) == 1

    client.ready.set()
    await client.until(2)
    client.acknowledge(1, 1)
    await client.until(3)
    client.acknowledge(2, 2)
    await asyncio.sleep(0)

    assert keys(lanes.arrived) == [b"a", b"b", b"c"]


async def test_a_client_that_takes_no_further_batch_is_a_failure(lanes, client):
    put(lanes, FIRST, b"a")
    await client.until(1)
    put(lanes, FIRST, b"b")
    client.error = OSError("closed")
    client.acknowledge(0, 0)
    await asyncio.sleep(0)

    assert "closed" in lanes.failures[0]
    assert keys(lanes.arrived) == [b"a"]


async def test_what_does_not_fit_into_a_batch_is_the_next_one(lanes, client):
    client.batch_size = 200
    put(lanes, FIRST, *(b"%020d" % number for number in range(10)))
    sent = 0
    while sent < 10:
        await client.until(len(client.sent) or 1)
        number = len(client.sent) - 1
        sent += client.sent[number][1]
        client.acknowledge(number, 0)
        if sent < 10:
            await client.until(number + 2)
    await asyncio.sleep(0)

    assert len(client.sent) > 1
    assert keys(lanes.arrived) == [b"%020d" % number for number in range(10)]


async def test_a_record_larger_than_a_batch_is_sent_alone(lanes, client):
    client.batch_size = 100
    lanes.put(FIRST, Queued(b"large", b"x" * 1_000, None, None))
    put(lanes, FIRST, b"a")
    await client.until(1)

    assert client.sent[0][1] == 1


async def test_callbacks_get_the_partition_and_the_offset(lanes, client):
    seen = []
    put(lanes, OTHER, b"a", b"b", on_acknowledged=lambda *where: seen.append(where))
    await client.until(1)
    client.acknowledge(0, 40)
    await asyncio.sleep(0)

    assert seen == [(1, 41)]


def test_neighbours_that_share_a_callback_have_it_called_for_the_last_of_them():
    def written(*_):
        pass

    def deleted(*_):
        pass

    callbacks = [written, written, deleted, None, written, written, None]
    records = [Queued(b"k", None, callback, None) for callback in callbacks]

    assert due_callbacks(records) == [(1, written), (2, deleted), (5, written)]


@pytest.mark.parametrize("outcome", ["refused", "cancelled"])
async def test_a_batch_that_does_not_arrive_is_a_failure(lanes, client, outcome):
    put(lanes, FIRST, b"a")
    await client.until(1)
    if outcome == "refused":
        client.sent[0][2].set_exception(ValueError("too large, refused"))
    else:
        client.sent[0][2].cancel()
    await asyncio.sleep(0)

    (cause,) = lanes.failures
    assert outcome in cause
    assert lanes.arrived == []


async def test_a_callback_that_raises_is_a_failure(lanes, client):
    def broken(*_):
        raise OSError("no space left")

    put(lanes, FIRST, b"a", on_acknowledged=broken)
    await client.until(1)
    client.acknowledge(0, 0)
    await asyncio.sleep(0)

    assert "no space left" in lanes.failures[0]
    assert lanes.arrived == []
