"""What a client of `/ws/` is told when nothing happens, and how feeds of rows tell them apart."""

import json
from types import SimpleNamespace

import pytest

from cryptoviz.feeds.catch_up import Gap
from cryptoviz.feeds.cursor import Cursor, Rank, WindowKey
from cryptoviz.feeds.feed import row_feed
from cryptoviz.feeds.log import FeedLog
from cryptoviz.feeds.outbox import MOST_BUFFERED_BYTES
from tests.unit.test_feeds_hub import Client
from web import websocket
from web.answers import Refusal
from web.channels import channel_of, resume
from web.feeds import live
from web.websocket import Session


async def test_a_heartbeat_has_the_number_and_the_cursor_of_what_was_sent(monkeypatch):
    monkeypatch.setitem(live.hub.logs, "ticker", FeedLog([7]))
    client = Client()
    session = Session(client)

    session.beat()
    session._hold(["ticker"])
    session.beat()
    session.leave()

    assert client.frames == [
        {"type": "heartbeat", "seq": 0, "cursor": None},
        {"type": "heartbeat", "seq": 0, "cursor": "ticker:7"},
    ]
    assert live.hub.members == []


async def test_answers_errors_and_gaps_reach_a_client_that_was_behind(monkeypatch):
    monkeypatch.setattr(websocket, "snapshot", nothing)
    monkeypatch.setattr(live, "join", a_gap)
    monkeypatch.setitem(live.hub.logs, "ticker", FeedLog([7]))
    client = Client()
    session = Session(client)
    client.unread = MOST_BUFFERED_BYTES + 1

    for request in ({"op": "ping", "req_id": 1}, {"op": "dance"}, SUBSCRIBE):
        await session.handle(json.dumps(request))
    assert client.frames == []
    client.unread = 0
    live.hub.flush()

    assert [(frame["type"], frame.get("req_id")) for frame in client.frames] == [
        ("pong", 1),
        ("error", None),
        ("subscribed", 2),
        ("snapshot", 2),
        ("gap", None),
    ]
    session.leave()


SUBSCRIBE = {"op": "subscribe", "req_id": 2, "channels": ["ticker"]}


async def nothing(channels):
    return [], Cursor({"ticker": [7]})


async def a_gap(member, cursor, on_gap):
    on_gap(Gap("ticker", 0, 3, 7))


def test_of_rows_that_replace_each_other_only_news_are_told():
    feed = row_feed("sentiment_skill", "topic", "crypto")
    log, offsets = FeedLog([0]), iter(range(9))

    def told(revision, pair="BTC/USD"):
        offset, value = next(offsets), json.dumps({"revision": revision}).encode()
        record = SimpleNamespace(
            key=f"BTC|{pair}".encode(), value=value, partition=0, offset=offset
        )
        return log.append(feed.decode([record]), [offset + 1])

    (first,) = told(3)
    assert (first.subjects, first.window, first.rank) == (
        ("BTC",),
        WindowKey("sentiment_skill", "BTC|BTC/USD", 0),
        Rank(3, False),
    )
    assert told(3) == []
    assert len(told(3, pair="BTC/EUR")) == 1
    assert len(told(4)) == 1


@pytest.mark.parametrize("name", ["prediction:", "prediction: ", "ticker:", "candles::5m"])
def test_a_channel_that_names_nobody_is_not_the_whole_feed(name):
    with pytest.raises(Refusal, match="must be"):
        channel_of(name)


@pytest.mark.parametrize("text", ["", "x", "trade:1:2:3:4", "ticker:1", "ticker:1:2:3:4:5"])
def test_a_cursor_that_does_not_say_where_to_go_on_is_refused(text):
    with pytest.raises(Refusal) as refused:
        resume(text, ["ticker:BTC/USD"])

    assert (refused.value.problem.status, refused.value.problem.value) == (400, text)


def test_a_cursor_of_more_feeds_than_are_asked_for_will_do():
    cursor = resume("ticker:1:2:3:4~trade:1:2:3:-", ["ticker", "trade:BTC/USD"])

    assert cursor.positions == {"ticker": [1, 2, 3, 4], "trade": [1, 2, 3, None]}
