"""The strict buffer: what flush waits for, and what ends the process."""

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.types import TP
from faust.types.tuples import FutureMessage

from cryptoviz.producer import SendError, StrictBuffer


class Channel:
    """A topic whose records are acknowledged when the test says so."""

    def __init__(self):
        self.sent = []

    async def publish_message(self, fut, wait):
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]


class Message:
    def __init__(self, channel):
        self.channel = channel


async def handed_over(channel, count):
    while len(channel.sent) < count:
        await asyncio.sleep(0)


@pytest.fixture
async def buffer():
    async with StrictBuffer() as running:
        yield running


@pytest.fixture
def channel():
    return Channel()


def put(buffer, channel, count=1):
    for _ in range(count):
        buffer.put(FutureMessage(Message(channel)))


async def test_flush_returns_when_the_last_record_put_before_it_is_acknowledged(buffer, channel):
    put(buffer, channel, 3)
    flushing = asyncio.create_task(buffer.flush())
    await handed_over(channel, 3)
    # Kafka acknowledges partitions in any order.
    for record in (channel.sent[2], channel.sent[0]):
        record.set_result(None)
        await asyncio.sleep(0)
        assert not flushing.done()
    channel.sent[1].set_result(None)

    await asyncio.wait_for(flushing, 5)
    assert buffer.size == 0


async def test_flush_does_not_wait_for_records_that_are_put_meanwhile(buffer, channel):
    put(buffer, channel)
    flushing = asyncio.create_task(buffer.flush())
    await handed_over(channel, 1)
    put(buffer, channel)
    await handed_over(channel, 2)
    channel.sent[0].set_result(None)

    await asyncio.wait_for(flushing, 5)
    assert buffer.size == 1


async def test_a_later_flush_waits_for_what_an_earlier_one_gave_up_waiting_for(buffer, channel):
    put(buffer, channel)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(buffer.flush(), 0.01)
    put(buffer, channel)
    flushing = asyncio.create_task(buffer.flush())
    await handed_over(channel, 2)
    channel.sent[1].set_result(None)
    await asyncio.sleep(0)
    assert not flushing.done()
    channel.sent[0].set_result(None)

    await asyncio.wait_for(flushing, 5)


async def test_batches_are_held_back_until_few_enough_records_wait(buffer, channel):
    buffer.max_messages = 2
    put(buffer, channel, 2)
    await asyncio.wait_for(buffer.wait_until_ebb(), 5)
    put(buffer, channel)
    waiting = asyncio.create_task(buffer.wait_until_ebb())
    await handed_over(channel, 3)
    assert not waiting.done()
    channel.sent[1].set_result(None)

    await asyncio.wait_for(waiting, 5)


async def test_a_refused_record_fails_the_flush_and_crashes_the_buffer(buffer, channel):
    put(buffer, channel, 2)
    flushing = asyncio.create_task(buffer.flush())
    await handed_over(channel, 2)
    channel.sent[0].set_exception(ValueError("too large"))
    buffer.watch(channel.sent[0])
    channel.sent[1].set_result(None)

    with pytest.raises(SendError, match="too large"):
        await asyncio.wait_for(flushing, 5)
    with pytest.raises(SendError, match="too large"):
        await buffer.wait_until_ebb()
        await buffer.flush()


async def test_a_send_that_raises_at_once_fails_the_flush(buffer, channel):
    async def refuse(fut, wait):
        raise ValueError("no room")

    channel.publish_message = refuse
    put(buffer, channel)

    with pytest.raises(SendError, match="1 records were never sent: crashed"):
        await asyncio.wait_for(buffer.flush(), 5)


async def test_a_record_cancelled_on_its_way_fails_the_flush(buffer, channel):
    put(buffer, channel)
    await handed_over(channel, 1)
    channel.sent[0].cancel()

    with pytest.raises(SendError, match="cancelled"):
        await asyncio.wait_for(buffer.flush(), 5)


async def test_a_stopped_buffer_says_what_it_never_sent(buffer, channel):
    put(buffer, channel, 3)
    await buffer.stop()

    with pytest.raises(SendError, match="3 records were never sent"):
        await buffer.flush()


class Client:
    """Kafka's client, whose batches are acknowledged when the test says so."""

    def __init__(self):
        self.sent = []

    def create_batch(self):
        return BatchBuilder(16_384, 0)

    async def send_batch(self, batch, topic, *, partition):
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]


async def test_flush_and_ebb_count_records_that_go_a_batch_at_a_time(buffer, channel):
    client = Client()

    async def started():
        return client

    buffer.client, buffer.max_messages = started, 1
    buffer.put_record(TP("t", 0), b"a", b"1")
    buffer.put_record(TP("t", 0), b"b", None)
    flushing = asyncio.create_task(buffer.flush())
    ebbing = asyncio.create_task(buffer.wait_until_ebb())
    await handed_over(client, 1)
    assert buffer.size == 2
    assert not flushing.done()
    assert not ebbing.done()
    client.sent[0].set_result(SimpleNamespace(offset=0))

    await asyncio.wait_for(asyncio.gather(flushing, ebbing), 5)
    assert buffer.size == 0


async def test_a_batch_that_is_refused_fails_the_flush(buffer):
    client = Client()

    async def started():
        return client

    buffer.client = started
    buffer.put_record(TP("t", 0), b"a", b"1")
    flushing = asyncio.create_task(buffer.flush())
    await handed_over(client, 1)
    client.sent[0].set_exception(ValueError("too large"))

    with pytest.raises(SendError, match="too large"):
        await asyncio.wait_for(flushing, 5)
