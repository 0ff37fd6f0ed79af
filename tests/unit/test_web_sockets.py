"""`/ws/` over real connections of this machine, with a topic that is held in memory."""

import asyncio
import json
import struct
from types import SimpleNamespace

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from cryptoviz.feeds import outbox
from cryptoviz.feeds.cursor import Cursor
from cryptoviz.feeds.live import Live
from cryptoviz.feeds.outbox import as_raw
from cryptoviz.feeds.source import Bounds, Read
from cryptoviz.settings import current
from tests.unit.test_feeds_live import FEED, Topic, has_read
from web import plain_feeds, websocket
from web.connections import SocketConnection
from web.plain_feeds import plain

TIMEOUT_S = 20.0
# What Python's `websockets` takes unless it is told otherwise.
FRAME_LIMIT = 1024**2


class Partitions(Topic):
    """As many partitions as channels need; all messages are in the first one."""

    async def bounds(self, feed):
        first, following = await super().bounds(feed)
        return Bounds(padded(*first), padded(*following))

    async def read(self, feed, positions):
        async for messages, at in super().read(feed, positions[:1]):
            yield Read(messages, padded(*at))


def padded(offset):
    return [offset] + [0] * (current().topic_partitions - 1)


@pytest.fixture
async def topic():
    topic = Partitions()
    topic.at_once = 2_000
    return topic


@pytest.fixture
async def live(topic, monkeypatch):
    live = Live({"ticker": FEED}, topic)
    monkeypatch.setattr(websocket, "live", live)
    monkeypatch.setattr(plain_feeds, "live", live)
    yield live
    await live.close()


@pytest.fixture
async def client(live):
    application = web.Application()
    application.router.add_get("/ws/", websocket.serve)
    application.router.add_get("/ws/raw-ticker", plain("ticker", as_raw))
    async with TestClient(TestServer(application)) as client:
        yield client


async def hear(socket, kind):
    """Return the next message of *kind*."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            message = await socket.receive()
            assert message.type is WSMsgType.TEXT, message
            told = json.loads(message.data)
            if told["type"] == kind:
                return told


async def subscribe(socket, offset, **more):
    cursor = ":".join(["ticker", *map(str, padded(offset))])
    request = {"op": "subscribe", "channels": ["ticker"], "cursor": cursor, **more}
    await socket.send_json(request)


@pytest.mark.parametrize("held", [True, False], ids=["from memory", "from the topic"])
async def test_a_client_with_a_frame_limit_gets_megabytes_that_it_missed(client, live, topic, held):
    if held:
        await live.open("ticker")
    topic.grow(6_000, width=1_000)
    await live.open("ticker")
    await has_read(live, 6_000)

    seen = []
    async with client.ws_connect("/ws/", max_msg_size=FRAME_LIMIT) as socket:
        await subscribe(socket, 0)
        while len(seen) < 6_000:
            told = await hear(socket, "updates")
            seen += [update["data"]["n"] for update in told["updates"]]

    assert seen == [*range(6_000)]


@pytest.fixture
def snapshots(monkeypatch):
    """Let snapshots be large, and return an event that they wait for."""
    go_on = asyncio.Event()

    async def snapshot(channels):
        await go_on.wait()
        return [b'{"n":%200000d}' % 0], Cursor({"ticker": padded(0)})

    monkeypatch.setattr(websocket, "snapshot", snapshot)
    return go_on


@pytest.fixture
def connection(monkeypatch):
    """Return the most bytes that waited for a client, and an event of its being closed."""
    seen, look, close = (
        SimpleNamespace(most=0),
        SocketConnection.waiting_bytes,
        SocketConnection.close,
    )
    seen.closed = asyncio.Event()

    def waiting_bytes(self):
        waiting = look(self)
        seen.most = max(seen.most, waiting)
        return waiting

    def closing(self, code, reason):
        close(self, code, reason)
        seen.closed.set()

    monkeypatch.setattr(SocketConnection, "waiting_bytes", waiting_bytes)
    monkeypatch.setattr(SocketConnection, "close", closing)
    return seen


async def test_a_client_that_asks_and_does_not_read_is_closed_and_takes_little_memory(
    client, live, snapshots, connection, monkeypatch
):
    monkeypatch.setattr(outbox, "LONGEST_BLOCK_S", 0.3)
    snapshots.set()
    reader, writer = await upgraded(client)

    for _ in range(200):
        for op in ("subscribe", "unsubscribe"):
            send(writer, {"op": op, "channels": ["ticker"]})
    async with asyncio.timeout(TIMEOUT_S):
        await connection.closed.wait()
        told = await reader.read()

    assert outbox.TOO_SLOW.to_bytes(2, "big") + b"You read nothing" in told[-40:]
    assert connection.most < 3 * outbox.MOST_BUFFERED_BYTES
    writer.close()


async def upgraded(client):
    """Return a connection that has become a WebSocket, of which only what is asked for is read."""
    reader, writer = await asyncio.open_connection(client.host, client.port, limit=4096)
    writer.write(
        b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def send(writer, request):
    payload = json.dumps(request).encode()
    assert len(payload) < 126
    # Masked with zeros, as a client must mask.
    writer.write(struct.pack("!BBI", 0x81, 0x80 | len(payload), 0) + payload)


async def test_updates_and_heartbeats_go_on_while_a_request_takes_long(
    client, live, topic, snapshots, monkeypatch
):
    monkeypatch.setattr(websocket, "HEARTBEAT_S", 0.05)
    async with client.ws_connect("/ws/") as socket:
        await subscribe(socket, 0)
        await hear(socket, "subscribed")
        await socket.send_json({"op": "subscribe", "channels": ["ticker:ETH/USD"]})
        topic.grow(1)

        assert (await hear(socket, "updates"))["updates"][0]["data"] == {"n": 0}
        assert (await hear(socket, "heartbeat"))["cursor"].startswith("ticker:1:")
        snapshots.set()
        assert (await hear(socket, "subscribed"))["channels"] == ["ticker:ETH/USD"]


async def test_requests_of_a_client_are_handled_one_at_a_time_and_in_order(client, snapshots):
    async with client.ws_connect("/ws/", autoping=False) as socket:
        before = len(asyncio.all_tasks())
        await socket.send_json({"op": "subscribe", "req_id": -1, "channels": ["ticker"]})
        for req_id in range(200):
            await socket.send_json({"op": "ping", "req_id": req_id})
        # Answered by the protocol itself, when all before has been received.
        await socket.ping()
        assert (await socket.receive(timeout=TIMEOUT_S)).type is WSMsgType.PONG
        during = len(asyncio.all_tasks())
        snapshots.set()
        told = [await hear(socket, "pong") for _ in range(200)]

    assert [each["req_id"] for each in told] == [*range(200)]
    assert during - before < 10


async def test_a_client_with_too_many_requests_that_wait_is_closed_with_a_code(
    client, snapshots, monkeypatch
):
    monkeypatch.setattr(websocket, "PATIENCE_S", 0.1)
    async with client.ws_connect("/ws/") as socket:
        await socket.send_json({"op": "subscribe", "channels": ["ticker"]})
        for _ in range(websocket.MOST_REQUESTS + 2):
            await socket.send_json({"op": "ping"})
        told = await socket.receive(timeout=TIMEOUT_S)

    assert (told.type, told.data) == (WSMsgType.CLOSE, 1008)
    assert told.extra == "More than 256 requests wait."


async def test_a_plain_feed_hears_its_client_while_it_brings_what_was_missed(
    client, live, monkeypatch
):
    left = asyncio.Event()

    async def join(*_):
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    monkeypatch.setattr(live, "join", join)
    async with client.ws_connect("/ws/raw-ticker", autoping=False) as socket:
        await socket.ping()
        assert (await socket.receive(timeout=TIMEOUT_S)).type is WSMsgType.PONG
    async with asyncio.timeout(TIMEOUT_S):
        await left.wait()


async def test_a_plain_feed_that_cannot_be_read_closes_with_the_code_to_come_again(
    client, live, monkeypatch
):
    async def join(*_):
        raise TimeoutError

    monkeypatch.setattr(live, "join", join)
    async with client.ws_connect("/ws/raw-ticker") as socket:
        told = await socket.receive(timeout=TIMEOUT_S)

    assert (told.type, told.data) == (WSMsgType.CLOSE, 1013)


async def test_the_longest_request_that_makes_sense_is_taken_and_what_is_longer_is_not(client):
    async with client.ws_connect("/ws/") as socket:
        await socket.send_json({"op": "ping", "channels": ["x" * 120] * 200, "cursor": "x" * 8_192})
        assert (await hear(socket, "pong"))["req_id"] is None
        await socket.send_str(" " * 65_537)
        told = await socket.receive(timeout=TIMEOUT_S)

    assert (told.type, told.data) == (WSMsgType.CLOSE, 1009)
