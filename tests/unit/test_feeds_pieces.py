"""Frames of bounded size: who comes back with the cursor of one gets the rest, once."""

import pytest

from cryptoviz.feeds.cursor import Rank, WindowKey, parse
from cryptoviz.feeds.hub import Hub, Member
from cryptoviz.feeds.log import FeedLog
from cryptoviz.feeds.message import Message
from cryptoviz.feeds.outbox import MOST_BUFFERED_BYTES, Outbox, as_json
from cryptoviz.feeds.subscription import Subscription
from tests.unit.test_feeds_hub import Client

# What is aimed at; the least limit of a client that is known is 1 MiB.
MOST_FRAME_BYTES = 256 * 1024


@pytest.fixture
def hub():
    hub = Hub(lambda: 0.0)
    hub.logs["ticker"], hub.logs["candles"] = FeedLog([0, 0]), FeedLog([0, 0])
    return hub


def a_ticker(number, width=100):
    partition, offset = number % 2, number // 2
    return Message("ticker", ("BTC/USD",), partition, offset, b'{"n":%*d}' % (width, number))


def a_candle(offset, revision, start=60):
    window = WindowKey("candles", "BTC/USD", start)
    raw = b'{"n":%100d}' % offset
    return Message("candles", ("BTC/USD",), 1, offset, raw, None, window, Rank(revision, False))


def publish(hub, messages):
    for message in messages:
        positions = list(hub.logs[message.feed].positions)
        positions[message.partition] = message.offset + 1
        hub.publish(message.feed, [message], positions)


def join(hub, cursor, *channels):
    client, known = Client(), parse(cursor)
    member = Member(Subscription(channels, known.floors), Outbox(client, as_json))
    hub.attach(member, known.positions)
    return client, member


def rest(hub, frame, *channels):
    """Return what a client is told that has *frame* and then comes back."""
    return join(hub, frame["cursor"], *channels)[0].seen


def test_what_was_missed_comes_in_bounded_frames_from_each_of_which_one_can_go_on(hub):
    publish(hub, map(a_ticker, range(10_000)))

    client, _ = join(hub, "ticker:0:0", "ticker")

    assert client.seen == [*range(10_000)]
    assert max(client.sizes) <= MOST_FRAME_BYTES
    assert [frame["seq"] for frame in client.frames] == [*range(1, len(client.frames) + 1)]
    had = 0
    for frame in client.frames:
        had += len(frame["updates"])
        assert rest(hub, frame, "ticker") == [*range(had, 10_000)]


def test_a_burst_between_two_flushes_comes_in_bounded_frames(hub):
    client, _ = join(hub, "ticker:0:0", "ticker")

    publish(hub, map(a_ticker, range(10_000)))
    hub.flush()

    assert client.seen == [*range(10_000)]
    assert max(client.sizes) <= MOST_FRAME_BYTES
    assert rest(hub, client.frames[0], "ticker")[0] == len(client.frames[0]["updates"])


def test_a_message_that_is_larger_than_a_frame_should_be_stays_whole_and_alone(hub):
    publish(hub, [a_ticker(0), a_ticker(1, width=900_000), a_ticker(2)])

    client, _ = join(hub, "ticker:0:0", "ticker")

    assert [len(frame["updates"]) for frame in client.frames] == [1, 1, 1]
    assert client.seen == [0, 1, 2]


def test_what_waited_comes_in_bounded_frames_from_each_of_which_one_can_go_on(hub):
    client, _ = join(hub, "candles:0:0~ticker:0:0", "candles", "ticker")
    client.unread = MOST_BUFFERED_BYTES + 1
    for number in range(40):
        publish(hub, map(a_ticker, range(number * 100, number * 100 + 100)))
        publish(hub, [a_candle(number, revision=number)])
        hub.flush()

    client.unread = 0
    hub.flush()

    tickers = [update for update in seen(client.frames) if update[0] == "ticker"]
    assert tickers == [("ticker", number) for number in range(4_000)]
    # Only the newest state of the window waited.
    assert [update for update in seen(client.frames) if update[0] == "candles"] == [("candles", 39)]
    assert max(client.sizes) <= MOST_FRAME_BYTES
    for number, frame in enumerate(client.frames[:-1]):
        again, _ = join(hub, frame["cursor"], "candles", "ticker")
        told = seen(again.frames)
        assert [each for each in told if each[0] == "ticker"] == [
            each for each in seen(client.frames[number + 1 :]) if each[0] == "ticker"
        ]
        assert ("candles", 39) in told


def seen(frames):
    updates = [update for frame in frames for update in frame["updates"]]
    return [(update["channel"].partition(":")[0], update["data"]["n"]) for update in updates]


def test_states_that_a_history_answer_has_shown_are_told_from_no_frame_on(hub):
    publish(hub, [a_candle(offset, revision=offset, start=60) for offset in range(10)])
    publish(hub, [a_candle(offset, revision=0, start=offset) for offset in range(10, 3_000)])
    publish(hub, [a_candle(3_000, revision=10)])

    client, member = join(hub, "candles:0:0~!candles:BTC/USD:60:9:0", "candles")

    told = [*range(10, 60), *range(61, 3_001)]
    assert [number for number in client.seen if number != 60] == told
    assert member.subscription.is_shared
    had = 0
    for frame in client.frames:
        had += len(frame["updates"])
        assert rest(hub, frame, "candles") == client.seen[had:]
