"""`/ws/` over real connections of this machine, with a topic that is held in memory."""

import asyncio
import json

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from cryptoviz.feeds.live import Live
from cryptoviz.feeds.source import Bounds, Read
from cryptoviz.settings import current
from tests.unit.test_feeds_live import FEED, Topic, has_read
from web import websocket

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
    yield live
    await live.close()


@pytest.fixture
async def client(live):
    application = web.Application()
    application.router.add_get("/ws/", websocket.serve)
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
