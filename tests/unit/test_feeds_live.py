"""Clients that come with a cursor: from memory, from the topic, or told what is gone."""

import asyncio
import functools

import pytest

from cryptoviz.feeds.cursor import Cursor
from cryptoviz.feeds.feed import Feed
from cryptoviz.feeds.hub import Member
from cryptoviz.feeds.live import IDLE_S, Live
from cryptoviz.feeds.message import Message
from cryptoviz.feeds.outbox import MOST_BUFFERED_BYTES, Outbox, as_json
from cryptoviz.feeds.pieces import MOST_BYTES
from cryptoviz.feeds.source import Bounds, Read
from cryptoviz.feeds.subscription import Subscription
from tests.unit.test_feeds_hub import Client

FEED = Feed("ticker", "rawticker", "pair", list)


class Topic:
    """One partition, held in memory, from *first* on."""

    def __init__(self):
        self.messages, self.first, self.grown = [], 0, asyncio.Event()
        self.at_once = 10

    def grow(self, count, width=1):
        for _ in range(count):
            offset = len(self.messages)
            body = b'{"n":%*d}' % (width, offset)
            self.messages.append(Message("ticker", ("BTC/USD",), 0, offset, body))
        self.grown.set()

    async def bounds(self, feed):
        return Bounds([self.first], [len(self.messages)])

    async def read(self, feed, positions):
        (at,) = positions
        while True:
            some = self.messages[at : at + self.at_once]
            at += len(some)
            yield Read(some, [at])
            if not some:
                self.grown.clear()
                await asyncio.wait([asyncio.ensure_future(self.grown.wait())], timeout=0.01)
            await asyncio.sleep(0)


@pytest.fixture
async def topic():
    return Topic()


@pytest.fixture
async def live(topic):
    live = Live({"ticker": FEED}, topic)
    yield live
    await live.close()


async def join(live, position=None, client=None):
    client, gaps = client or Client(), []
    member = Member(Subscription(["ticker:BTC/USD"]), Outbox(client, as_json))
    cursor = None if position is None else Cursor({"ticker": [position]})
    await live.join(member, cursor, gaps.append)
    return client, gaps


async def has_read(live, count):
    async with asyncio.timeout(5):
        while live.hub.logs["ticker"].positions[0] != count:
            await asyncio.sleep(0.01)


async def sees(client, numbers):
    async with asyncio.timeout(5):
        while client.seen != list(numbers):
            await asyncio.sleep(0.01)


async def test_without_a_cursor_a_client_gets_what_comes_from_now_on(live, topic):
    topic.grow(50)

    client, _ = await join(live)
    topic.grow(3)

    await sees(client, range(50, 53))


async def test_what_memory_does_not_hold_comes_from_the_topic_once_and_in_order(live, topic):
    topic.grow(1_000)
    await live.open("ticker")
    topic.grow(100)

    client, gaps = await join(live, 7)
    topic.grow(30)

    await sees(client, range(7, 1_130))
    assert gaps == []


class SlowClient(Client):
    """One that reads a little whenever somebody looks at how much waits for it."""

    most_unread = 0

    def write(self, data):
        super().write(data)
        self.unread += len(data)
        self.most_unread = max(self.most_unread, self.unread)

    def waiting_bytes(self):
        self.unread = max(0, self.unread - 64 * 1024)
        return self.unread


@pytest.mark.parametrize("held", [True, False], ids=["from memory", "from the topic"])
async def test_what_was_missed_comes_as_quickly_as_the_client_takes_it(live, topic, held):
    topic.at_once = 2_000
    if held:
        await live.open("ticker")
    topic.grow(5_000, width=500)
    await live.open("ticker")
    await has_read(live, 5_000)

    client, _ = await join(live, 7, SlowClient())
    topic.grow(30)

    await sees(client, range(7, 5_030))
    assert client.most_unread < MOST_BUFFERED_BYTES + 2 * MOST_BYTES
    assert client.closed_with is None


async def test_a_feed_is_read_on_while_somebody_catches_up(live, topic):
    await live.open("ticker")
    topic.grow(1_000, width=500)
    await has_read(live, 1_000)
    client = SlowClient()
    client.waiting_bytes = lambda: client.unread
    joining = asyncio.create_task(join(live, 0, client))
    async with asyncio.timeout(5):
        while not client.unread:
            await asyncio.sleep(0.01)

    live._tails["ticker"].wanted_s -= 2 * IDLE_S
    topic.grow(1)
    await has_read(live, 1_001)
    client.unread = 0
    client.write = functools.partial(Client.write, client)
    await joining

    await sees(client, range(1_001))


async def test_what_is_hidden_is_left_out_of_the_past_too(live, topic):
    topic.grow(1_000)
    topic.messages[500].subjects = ("ETH/USD",)
    live.hub.hidden = lambda: frozenset({"BTC"})
    await live.open("ticker")
    client = Client()
    member = Member(Subscription(["ticker"]), Outbox(client, as_json))

    await live.join(member, Cursor({"ticker": [0]}), print)

    await sees(client, [500])


async def test_a_cursor_that_is_too_old_is_told_the_range_that_is_gone(live, topic):
    topic.grow(100)
    topic.first = 40

    client, gaps = await join(live, 10)

    await sees(client, range(40, 100))
    assert [tuple(gap) for gap in gaps] == [("ticker", 0, 10, 40)]


async def test_a_cursor_of_a_topic_that_was_made_anew_is_told_so(live, topic):
    topic.grow(5)

    client, gaps = await join(live, 9)

    await sees(client, range(5))
    assert [tuple(gap) for gap in gaps] == [("ticker", 0, 9, None)]


async def test_a_feed_that_nobody_wants_any_more_can_be_wanted_again(live, topic):
    topic.grow(10)
    await live.open("ticker")
    await live.close()
    live.hub.logs.clear()

    client, _ = await join(live, 0)

    await sees(client, range(10))
