"""The hub: every member gets what it wants, once, in order, and nobody slows another."""

import json

import pytest

from cryptoviz.feeds.cursor import Rank, WindowKey, parse
from cryptoviz.feeds.hub import Hub, Member
from cryptoviz.feeds.log import FeedLog
from cryptoviz.feeds.message import Message, frame_head, text_frame
from cryptoviz.feeds.outbox import (
    LEAST_TAKEN_BYTES,
    LONGEST_BLOCK_S,
    MOST_BUFFERED_BYTES,
    MOST_WAITING_MESSAGES,
    TOO_SLOW,
    Outbox,
    as_json,
)
from cryptoviz.feeds.subscription import Subscription


class Client:
    """A connection whose client reads, or does not."""

    def __init__(self):
        self.frames, self.sizes, self.unread, self.closed_with = [], [], 0, None

    def write(self, data):
        head = next(n for n in (2, 4, 10) if frame_head(len(data) - n) == data[:n])
        self.frames.append(json.loads(data[head:]))
        self.sizes.append(len(data))

    def waiting_bytes(self):
        return self.unread

    def is_gone(self):
        return False

    def close(self, code, reason):
        self.closed_with = code, reason

    @property
    def seen(self):
        return [update["data"]["n"] for frame in self.frames for update in frame["updates"]]


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def hub(clock):
    hub = Hub(clock)
    hub.logs["ticker"], hub.logs["candles"] = FeedLog([0]), FeedLog([0])
    return hub


def a_ticker(offset, pair="BTC/USD"):
    return Message("ticker", (pair,), 0, offset, b'{"n":%d}' % offset)


def a_candle(offset, revision, final=False, start=60):
    window = WindowKey("candles", "BTC/USD", start)
    rank = Rank(revision, final)
    return Message("candles", ("BTC/USD",), 0, offset, b'{"n":%d}' % offset, None, window, rank)


def an_article(offset, *cryptos):
    return Message("article", cryptos, 0, offset, b'{"n":%d}' % offset)


def publish(hub, *messages):
    for message in messages:
        hub.publish(message.feed, [message], [message.offset + 1])
    hub.flush()


def join(hub, *channels, feed="ticker", position=None, floors=None):
    client = Client()
    member = Member(Subscription(channels, floors), Outbox(client, as_json))
    known = {name: hub.logs[name].positions for name in member.subscription.feeds}
    hub.attach(member, known if position is None else {**known, feed: [position]})
    return client, member


def test_a_member_gets_the_messages_of_its_channels_and_no_others(hub):
    one, _ = join(hub, "ticker:BTC/USD")
    every, _ = join(hub, "ticker")

    publish(hub, a_ticker(0), a_ticker(1, "ETH/USD"), a_candle(0, 1))

    assert one.seen == [0]
    assert every.seen == [0, 1]


def test_a_member_gets_what_memory_holds_behind_its_cursor_and_then_the_rest(hub):
    publish(hub, *map(a_ticker, range(5)))

    client, _ = join(hub, "ticker", position=2)
    publish(hub, a_ticker(5))

    assert client.seen == [2, 3, 4, 5]


def test_what_waits_for_the_flush_reaches_a_new_member_once(hub):
    hub.publish("ticker", [a_ticker(0)], [1])

    client, _ = join(hub, "ticker", position=0)
    hub.flush()

    assert client.seen == [0]


def test_a_cursor_ahead_of_this_worker_repeats_nothing(hub):
    publish(hub, a_ticker(0))

    client, member = join(hub, "ticker", position=3)
    publish(hub, *map(a_ticker, range(1, 5)))

    assert client.seen == [3, 4]
    assert member.subscription.is_shared


def test_a_cursor_ahead_of_this_worker_does_not_go_back(hub):
    _, member = join(hub, "ticker", position=3)

    assert parse(hub.cursor(member.subscription)).positions == {"ticker": [3]}


def test_a_state_that_a_history_answer_has_shown_is_not_told_again(hub):
    shown = {WindowKey("candles", "BTC/USD", 60): Rank(2, False)}
    client, member = join(hub, "candles", feed="candles", floors=shown)

    publish(hub, a_candle(0, 1), a_candle(1, 2), a_candle(2, 3), a_candle(3, 3, final=True))

    assert client.seen == [2, 3]
    assert member.subscription.is_shared


def test_a_state_that_is_sent_again_after_a_crash_is_told_once(hub):
    client, _ = join(hub, "candles")

    publish(hub, a_candle(0, 1), a_candle(1, 2), a_candle(2, 1), a_candle(3, 2), a_candle(4, 3))

    assert client.seen == [0, 1, 4]


def test_nobody_is_told_of_a_crypto_while_it_is_hidden(hub):
    one, every = join(hub, "ticker:ETH/USD")[0], join(hub, "ticker")[0]

    hub.hidden = lambda: frozenset({"ETH"})
    publish(hub, a_ticker(0, "ETH/USD"), a_ticker(1), a_ticker(2, "ETHW/USD"))
    late, _ = join(hub, "ticker", position=0)
    hub.hidden = frozenset
    publish(hub, a_ticker(3, "ETH/USD"))

    assert one.seen == [3]
    assert every.seen == late.seen == [1, 2, 3]


def test_an_article_is_hidden_under_the_names_of_hidden_cryptos_only(hub):
    hub.logs["article"] = FeedLog([0])
    hub.hidden = lambda: frozenset({"ETH"})
    names = ("article", "article:BTC", "article:ETH")
    every, of_btc, of_eth = (join(hub, name, feed="article")[0] for name in names)

    publish(hub, an_article(0, "ETH"), an_article(1, "BTC", "ETH"), an_article(2))

    assert every.seen == [1, 2]
    assert of_btc.seen == [1]
    assert of_eth.seen == []


def test_memory_is_bounded_and_knows_from_where_on_it_is_complete():
    log = FeedLog([0], most_messages=10)

    for offset in range(100):
        log.append([a_ticker(offset)], [offset + 1])

    assert [message.offset for message in log.since([0])] == list(range(90, 100))
    assert log.holds([90])
    assert not log.holds([89])


def test_a_message_is_encoded_once_for_all(hub):
    encoded = []

    def encode():
        encoded.append(1)
        return b'{"n":0}'

    clients = [join(hub, "ticker")[0] for _ in range(5)]
    clients += [join(hub, "ticker:BTC/USD")[0] for _ in range(5)]

    publish(hub, Message("ticker", ("BTC/USD",), 0, 0, b"", encode))

    assert [client.seen for client in clients] == [[0]] * 10
    assert len(encoded) == 1


def test_seq_counts_deliveries_without_gaps_and_the_cursor_is_behind_them(hub):
    client, _ = join(hub, "ticker")

    publish(hub, a_ticker(0))
    publish(hub, a_ticker(1))

    assert [frame["seq"] for frame in client.frames] == [1, 2]
    assert [frame["cursor"] for frame in client.frames] == ["ticker:1", "ticker:2"]


def test_forming_windows_are_conflated_for_a_client_that_does_not_read(hub):
    client, _ = join(hub, "candles", "ticker")
    client.unread = MOST_BUFFERED_BYTES + 1

    publish(hub, a_candle(0, 1), a_ticker(0), a_candle(1, 2), a_candle(2, 3))
    client.unread = 0
    hub.flush()

    assert [update["offset"] for update in client.frames[0]["updates"]] == [0, 2]
    assert client.frames[0]["cursor"] == "candles:3~ticker:1"


def test_a_client_that_reads_nothing_is_closed_with_a_code_and_changes_nothing_for_others(
    hub, clock
):
    slow, _ = join(hub, "ticker")
    quick, _ = join(hub, "ticker")
    slow.unread = MOST_BUFFERED_BYTES + 1

    publish(hub, a_ticker(0))
    clock.now_s += LONGEST_BLOCK_S + 1
    publish(hub, a_ticker(1))

    assert slow.closed_with == (TOO_SLOW, "You read nothing for 6 s.")
    assert quick.seen == [0, 1]
    assert len(hub.members) == 1


def test_what_waits_for_a_client_is_bounded(hub):
    slow, _ = join(hub, "ticker")
    slow.unread = MOST_BUFFERED_BYTES + 1

    publish(hub, *map(a_ticker, range(MOST_WAITING_MESSAGES + 2)))

    assert slow.closed_with[0] == TOO_SLOW


def test_a_client_that_is_blocked_is_closed_though_nothing_waits_for_it(hub, clock):
    slow, _ = join(hub, "ticker")
    slow.unread = MOST_BUFFERED_BYTES + 1

    hub.flush()
    clock.now_s += LONGEST_BLOCK_S + 1
    hub.flush()

    assert slow.closed_with == (TOO_SLOW, "You read nothing for 6 s.")
    assert hub.members == []


def test_the_time_that_a_client_was_blocked_before_does_not_count(hub, clock):
    slow, _ = join(hub, "ticker")
    slow.unread = MOST_BUFFERED_BYTES + 1
    hub.flush()

    slow.unread = 0
    publish(hub, a_ticker(0))
    slow.unread = MOST_BUFFERED_BYTES + 1
    clock.now_s += LONGEST_BLOCK_S + 1
    publish(hub, a_ticker(1))

    assert slow.closed_with is None


def test_a_client_on_a_slow_link_that_reads_on_is_not_closed_for_its_time(hub, clock):
    slow, _ = join(hub, "ticker")
    slow.unread = 20 * LEAST_TAKEN_BYTES

    for offset in range(15):
        publish(hub, a_ticker(offset))
        clock.now_s += LONGEST_BLOCK_S
        slow.unread -= LEAST_TAKEN_BYTES
    assert slow.closed_with is None

    clock.now_s += LONGEST_BLOCK_S
    publish(hub, a_ticker(15))
    slow.unread -= LEAST_TAKEN_BYTES - 1
    clock.now_s += LONGEST_BLOCK_S + 1
    publish(hub, a_ticker(16))
    assert slow.closed_with[0] == TOO_SLOW


def test_what_a_client_is_told_waits_its_turn_between_the_updates(hub, clock):
    slow, member = join(hub, "ticker")
    slow.unread = MOST_BUFFERED_BYTES + 1

    publish(hub, a_ticker(0))
    for req_id in (1, 2):
        member.outbox.say(text_frame(b'{"type":"pong","req_id":%d}' % req_id), clock())
    publish(hub, a_ticker(1))
    slow.unread = 0
    hub.flush()

    assert [frame.get("req_id", frame.get("cursor")) for frame in slow.frames] == [
        "ticker:1",
        1,
        2,
        "ticker:2",
    ]


def test_what_a_client_is_told_counts_towards_what_may_wait_for_it(hub, clock):
    slow, member = join(hub, "ticker")
    slow.unread = MOST_BUFFERED_BYTES + 1

    for _ in range(MOST_WAITING_MESSAGES):
        member.outbox.say(text_frame(b"{}"), clock())
    assert slow.closed_with is None
    publish(hub, a_ticker(0))

    assert slow.closed_with == (TOO_SLOW, "You read too slowly: 5001 messages waited.")
