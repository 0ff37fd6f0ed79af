"""Plain WebSockets and `/ws/`: filters, order, cursors, and what is refused."""

import asyncio
import json

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from tests.kafka.http_workers import PARTITIONS, TICKERS, ask, eventually, refusal

TIMEOUT_S = 20.0


@pytest.fixture
def worker(http_workers):
    return http_workers[0]


@pytest.fixture
async def session():
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield session


def beginning(feed):
    return ":".join([feed, *"0" * PARTITIONS])


def address(worker, path):
    return f"http://127.0.0.1:{worker.web_port}{path}"


async def received(session, worker, path, count, **query):
    """Return the first *count* messages, and that no other follows at once."""
    async with session.ws_connect(address(worker, path), params=query) as socket:
        found = [await socket.receive_json(timeout=TIMEOUT_S) for _ in range(count)]
        with pytest.raises(asyncio.TimeoutError):
            # Longer than a flush, so that what is too much would be here.
            await socket.receive(timeout=0.3)
    return found


async def test_alerts_come_once_and_in_the_order_of_each_pair(session, worker):
    rows = await received(session, worker, "/ws/alert", TICKERS, cursor=beginning("alert"))

    assert set(rows[0]) == set(worker.get("/api/v1/alert/historique/?limit=1")["data"][0])
    for pair in ("BTC/USD", "ETH/USD"):
        times = [row["timestamp"] for row in rows if row["pair"] == pair]
        assert times == sorted(times)
        assert len(times) == TICKERS // 2


async def test_a_cursor_goes_on_behind_the_rows_that_were_seen(session, worker):
    newest = worker.get("/api/v1/alert/historique/?pair=BTC/USD&limit=4")
    ends = [int(offset) for offset in newest["stream"].split(":")[1:]]
    # One partition has the pair's alerts, and all others are at their end.
    place = next(number for number, end in enumerate(ends) if end)
    resumed = [end - 3 if number == place else end for number, end in enumerate(ends)]

    rows = await received(
        session, worker, "/ws/alert", 3, cursor=":".join(["alert", *map(str, resumed)])
    )

    pair = rows[0]["pair"]
    known = worker.get(f"/api/v1/alert/historique/?pair={pair}&limit=3")["data"]
    assert rows == [normal(row) for row in known[::-1]]
    assert await received(session, worker, "/ws/alert", 0, cursor=newest["stream"]) == []


def normal(row):
    """Spell the times of *row* as live messages do."""
    return {
        name: value.replace("+00:00", "Z") if name == "timestamp" else value
        for name, value in row.items()
    }


async def test_articles_come_as_history_shows_them_and_new_ones_in_their_order(
    session, http_workers, http_producer
):
    worker, other = http_workers
    (stored,) = worker.get("/api/v1/article/historique/?crypto=BTC")["data"]
    titles = [f"number {number}" for number in range(20)]
    path = "/ws/article"
    async with (
        session.ws_connect(address(worker, path), params={"cursor": beginning("article")}) as one,
        session.ws_connect(address(other, path)) as two,
    ):
        assert await one.receive_json(timeout=TIMEOUT_S) == normal(stored)
        for title in titles:
            await http_producer("ARTICLE", an_article(title), b"sockets.example")
        for socket in (one, two):
            rows = [await socket.receive_json(timeout=TIMEOUT_S) for _ in titles]
            assert [row["title"] for row in rows] == titles


def an_article(title):
    # About nothing that is tracked, so that no table changes under other tests.
    return {
        "id": f"sockets_{title}",
        "title": title,
        "website": "sockets.example",
        "cryptocurrencies_mentioned": ["NOBODY"],
        "sentiment": {"score": 0.1, "label": "negative"},
    }


async def test_sentiment_and_predictions_are_of_the_crypto_in_the_path(session, worker):
    for path in ("/ws/sentiment/ETH/", "/ws/sentiment/eth/"):
        (row,) = await received(session, worker, path, 1, cursor=beginning("sentiment"))
        (known,) = worker.get("/api/v1/sentiment/ETH/historique/")["data"]
        assert row == known
    rows = await received(session, worker, "/ws/prediction/XBT/", 3, cursor=beginning("prediction"))

    assert [(row["pair"], row["horizon"]) for row in rows] == [
        ("BTC/USD", horizon) for horizon in (300, 900, 3600)
    ]
    known = worker.get("/live/predictions/BTC/USD/")["rows"]
    assert sorted(known, key=lambda row: row["horizon"]) == rows


async def test_what_a_prediction_history_has_shown_is_not_told_again(session, worker):
    page = worker.get("/api/v1/prediction/BTC/historique/")

    assert len(page["data"]) == 15
    assert {row["final"] for row in page["data"]} == {False}
    assert await received(session, worker, "/ws/prediction/BTC/", 0, cursor=page["stream"]) == []
    two = worker.get("/api/v1/prediction/BTC/historique/?limit=7&model=holt")
    assert {row["model_name"] for row in two["data"]} == {"holt"}


async def test_an_inactive_crypto_is_not_told_of(session, http_workers):
    path = "/api/v1/config/crypto/ETH/"
    one, other = http_workers
    ask(one, path, "PATCH", {"is_active": False})
    try:
        eventually(lambda: not other.get(path)["is_active"])
        for worker in http_workers:
            alerts = await received(
                session, worker, "/ws/alert", TICKERS // 2, cursor=beginning("alert")
            )
            assert {row["pair"] for row in alerts} == {"BTC/USD"}
            silent = ("sentiment", "prediction")
            for feed in silent:
                where = f"/ws/{feed}/ETH/"
                assert await received(session, worker, where, 0, cursor=beginning(feed)) == []
    finally:
        ask(one, path, "PATCH", {"is_active": True})


@pytest.mark.parametrize(
    ("path", "status", "parameter"),
    [
        ("/ws/sentiment/B!T/", 400, "channels"),
        ("/ws/prediction/%20/", 400, "channels"),
        ("/ws/ticker/BTC/%21/", 400, "pair"),
        ("/ws/ticker/BTC/", 404, None),
        ("/ws/sentiment/", 404, None),
        ("/ws/nothing", 404, None),
        ("/ws/article?cursor=nonsense", 400, "cursor"),
        ("/ws/article?cursor=", 400, "cursor"),
        ("/ws/article?cursor=alert:0:0:0:0", 400, "cursor"),
        ("/ws/alert?cursor=alert:0", 400, "cursor"),
        ("/ws/alert", 426, None),
        ("/ws/", 426, None),
    ],
)
def test_what_is_no_feed_or_no_cursor_is_a_problem(worker, path, status, parameter):
    found, problem = refusal(worker, path)

    assert (found, problem.get("parameter")) == (status, parameter)


async def test_a_cursor_behind_which_nobody_knows_what_was_closes_with_a_code(session, worker):
    cursor = ":".join(["article", *["999999"] * PARTITIONS])
    async with session.ws_connect(address(worker, "/ws/article"), params={"cursor": cursor}) as one:
        told = await one.receive(timeout=TIMEOUT_S)

    assert (told.type, told.data) == (aiohttp.WSMsgType.CLOSE, 4010)
    assert "missed is article 0: [999999, None)" in told.extra


async def test_channels_are_subscribed_and_given_back_over_one_socket(session, worker):
    async with session.ws_connect(address(worker, "/ws/")) as socket:

        async def say(**message):
            await socket.send_json(message)
            return await socket.receive_json(timeout=TIMEOUT_S)

        assert await say(op="ping", req_id=1) == {"type": "pong", "req_id": 1}
        names = ["candles:BTC-USD:5m", "prediction:BTC", "article:ETH"]
        told = await say(op="subscribe", req_id=2, channels=names)
        assert told["channels"] == ["candles:BTC/USD:5m", "prediction:BTC", "article:ETH"]
        shown = await socket.receive_json(timeout=TIMEOUT_S)
        assert shown["type"] == "snapshot"
        channels = [update["channel"] for update in shown["data"]]
        assert channels.count("prediction:BTC") == 3
        assert channels.count("candles:BTC/USD:5m") >= 1
        alert = {"op": "subscribe", "req_id": "a", "channels": ["alert:ETH/USD"]}
        assert (await say(**alert, cursor=beginning("alert")))["type"] == "subscribed"
        told = await socket.receive_json(timeout=TIMEOUT_S)
        assert told["seq"] == 1
        assert {update["data"]["pair"] for update in told["updates"]} == {"ETH/USD"}
        gone = await say(op="unsubscribe", req_id=3, channels=["alert:ETH/USD"])
        assert gone == {"type": "unsubscribed", "req_id": 3, "channels": ["alert:ETH/USD"]}


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("no json", 400),
        ('{"op":"shout","req_id":7}', 400),
        ('{"op":"subscribe","req_id":7,"channels":[]}', 400),
        ('{"op":"subscribe","req_id":7,"channels":["nope"]}', 404),
        ('{"op":"subscribe","req_id":7,"channels":["ticker:B!"]}', 400),
        ('{"op":"subscribe","req_id":7,"channels":["ticker"],"cursor":"trade:0:0:0:0"}', 400),
    ],
)
async def test_what_is_no_request_is_told_and_the_socket_stays(session, worker, message, status):
    async with session.ws_connect(address(worker, "/ws/")) as socket:
        await socket.send_str(message)
        told = await socket.receive_json(timeout=TIMEOUT_S)
        await socket.send_str('{"op":"ping"}')

        assert (told["type"], told["status"]) == ("error", status)
        assert (await socket.receive_json(timeout=TIMEOUT_S))["type"] == "pong"


@pytest.fixture
async def http_producer(broker, http_name):
    """Return what sends one record to a raw topic of the workers, and waits for Kafka."""
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers)
    await producer.start()

    async def send(kind, value, key):
        await producer.send_and_wait(f"{http_name}-{kind}", json.dumps(value).encode(), key)

    yield send
    await producer.stop()
