"""Live feeds over WebSocket and server-sent events, on a worker and a real broker."""

import asyncio
import json
import time

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from cryptoviz.local.worker import WorkerProcess

FEED_TIMEOUT_S = 30
KINDS = ("TICKER", "TRADE", "ARTICLE", "ALERT")


@pytest.fixture(scope="module")
def streaming(broker, tmp_path_factory):
    """A worker without a database."""
    name = f"stream{time.time_ns()}"
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "CRYPTOVIZ_ID": name,
        "CRYPTOVIZ_SINK": "off",
        "TOPIC_PARTITIONS": "2",
        **{f"TOPIC_RAW{kind}": f"{name}-{kind}" for kind in KINDS},
    }
    with WorkerProcess(tmp_path_factory.mktemp("stream") / "worker", environ) as worker:
        worker.servers, worker.name = broker.bootstrap_servers, name
        yield worker


@pytest.fixture
async def session(streaming):
    url = f"http://127.0.0.1:{streaming.web_port}"
    async with aiohttp.ClientSession(url) as session:
        yield session


@pytest.fixture
async def send(streaming):
    """Send records of a kind, each with a higher price, to partition 0."""
    producer = AIOKafkaProducer(bootstrap_servers=streaming.servers)
    await producer.start()

    async def send(kind, *prices, pair="BTC/USD"):
        last = None
        for price in prices:
            record = {"pair": pair, "timestamp": time.time()}
            record |= {"last": price} if kind == "TICKER" else {"price": price, "volume": 1}
            value = json.dumps(record).encode()
            topic = f"{streaming.name}-{kind}"
            last = await producer.send_and_wait(topic, value, pair.encode(), partition=0)
        return last.offset

    yield send
    await producer.stop()


async def told(socket, kind):
    """Return the next message of *kind*."""
    async with asyncio.timeout(FEED_TIMEOUT_S):
        while True:
            message = await socket.receive_json()
            if message["type"] == kind:
                return message
            assert message["type"] != "error", message


async def prices(socket, count):
    """Return the prices of the next *count* updates."""
    found = []
    while len(found) < count:
        updates = (await told(socket, "updates"))["updates"]
        found += [update["data"].get("last", update["data"].get("price")) for update in updates]
    return found


async def subscribe(socket, *channels, **more):
    await socket.send_json({"op": "subscribe", "req_id": 7, "channels": channels, **more})
    return await told(socket, "subscribed")


async def test_a_client_is_answered_by_its_req_id_then_has_a_snapshot_then_updates(session, send):
    await send("TICKER", 1)
    async with session.ws_connect("/ws/") as socket:
        answer = await subscribe(socket, "ticker:btc-usd", "candles:BTC/USD:5m")
        snapshot = await told(socket, "snapshot")
        await send("TICKER", 2, 3)

        assert answer["req_id"] == snapshot["req_id"] == 7
        assert answer["channels"] == ["ticker:BTC/USD", "candles:BTC/USD:5m"]
        assert await prices(socket, 2) == [2.0, 3.0]


async def test_an_unsubscribed_channel_is_silent_and_others_go_on(session, send):
    async with session.ws_connect("/ws/") as socket:
        await subscribe(socket, "ticker:BTC/USD", "trade:BTC/USD")
        await socket.send_json({"op": "unsubscribe", "req_id": 8, "channels": ["ticker:BTC/USD"]})
        assert (await told(socket, "unsubscribed"))["req_id"] == 8
        await send("TICKER", 5)
        await send("TRADE", 6)

        assert await prices(socket, 1) == [6.0]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"op": "subscribe", "req_id": 1, "channels": ["nope"]}, 404),
        ({"op": "subscribe", "req_id": 1, "channels": ["ticker:!"]}, 400),
        ({"op": "subscribe", "req_id": 1, "channels": ["ticker"], "cursor": "x"}, 400),
        ({"op": "dance"}, 400),
    ],
)
async def test_a_wrong_request_is_refused_and_the_connection_goes_on(session, request_, status):
    async with session.ws_connect("/ws/") as socket:
        await socket.send_json(request_)
        assert (await told(socket, "error"))["status"] == status
        await socket.send_json({"op": "ping", "req_id": 2})
        assert (await told(socket, "pong"))["req_id"] == 2


async def test_a_cursor_goes_on_from_kafka_over_either_kind_of_connection(session, send):
    offset = await send("TRADE", *range(100, 110))
    cursor = f"trade:{offset - 8}:-"
    async with session.ws_connect("/ws/") as socket:
        await subscribe(socket, "trade:BTC/USD", cursor=cursor)
        assert await prices(socket, 9) == [float(price) for price in range(101, 110)]

    events = session.get(
        "/api/v1/stream", params={"channels": "trade"}, headers={"Last-Event-ID": cursor}
    )
    async with asyncio.timeout(FEED_TIMEOUT_S), events as answer:
        seen = []
        while len(seen) < 9:
            line = (await answer.content.readline()).decode()
            if line.startswith("data: {"):
                updates = json.loads(line.removeprefix("data: "))["updates"]
                seen += [update["data"]["price"] for update in updates]
    assert seen == [float(price) for price in range(101, 110)]


async def test_the_head_of_a_stream_has_no_events_and_ends(streaming, session, send):
    async with session.head("/api/v1/stream?channels=ticker", timeout=FEED_TIMEOUT_S) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
    async with session.get("/health/") as answer:
        assert (await answer.json())["ready"]


async def test_who_comes_too_late_is_told_what_is_gone(streaming, session, send):
    offset = await send("TRADE", *range(200, 210))
    admin = AIOKafkaAdminClient(bootstrap_servers=streaming.servers)
    await admin.start()
    place = TopicPartition(f"{streaming.name}-TRADE", 0)
    await admin.delete_records({place: RecordsToDelete(before_offset=offset - 2)})
    await admin.close()
    # Memory would still know them.
    streaming.terminate()
    await asyncio.to_thread(streaming.start)

    async with session.ws_connect("/ws/") as socket:
        await socket.send_json(
            {"op": "subscribe", "channels": ["trade:BTC/USD"], "cursor": "trade:0:0"}
        )
        gap = await told(socket, "gap")
        assert await prices(socket, 3) == [207.0, 208.0, 209.0]
    assert gap == {"type": "gap", "feed": "trade", "partition": 0, "first": 0, "next": offset - 2}


async def test_plain_feeds_need_no_protocol(session, send):
    async with (
        session.ws_connect("/ws/raw-ticker") as raw,
        session.ws_connect("/ws/ticker/btc/usd/") as plain,
        asyncio.timeout(FEED_TIMEOUT_S),
    ):
        # Sent until it is seen: a plain feed does not say when it has begun.
        sending = asyncio.create_task(repeat(lambda: send("TICKER", 9)))
        one, other = await raw.receive_json(), await plain.receive_json()
        sending.cancel()
    assert set(one) == {"pair", "timestamp", "last"}
    assert set(other) == {"timestamp", "pair", "last", "bid", "ask", "volume_24h"}


async def repeat(send):
    while True:
        await send()
        await asyncio.sleep(0.05)


async def test_live_answers_go_on_without_a_database_and_history_says_why_not(session):
    async with session.get("/live/candles/BTC/USD/") as answer:
        assert (await answer.json())["rows"]
    async with session.get("/api/v1/candles/BTC/USD/?periode=1h") as answer:
        assert (await answer.json())["data"]
    async with session.get("/api/v1/trade/BTC/USD/historique/") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((f"/api/v1/candles/XX/YYY/?interval={name}", 404) for name in ("1m", "5m", "1h", "1d")),
        ("/api/v1/candles/XX/YYY/?periode=1h", 404),
        # What the tables do not keep, only a database could say.
        ("/api/v1/candles/XX/YYY/?periode=30d", 503),
        ("/udf/history?symbol=XX/YYY&resolution=1&from=2000000000&to=2000000060", 404),
        ("/api/v1/ticker/XX/YYY/historique/", 503),
        ("/api/v1/trade/XX/YYY/historique/", 503),
        ("/api/v1/score/XX/YYY/historique/", 503),
        ("/api/v1/alert/historique/?pair=XX/YYY", 503),
        ("/api/v1/article/historique/?crypto=NOPE", 503),
        ("/api/v1/sentiment/NOPE/historique/", 503),
        ("/api/v1/prediction/NOPE/historique/", 503),
        ("/api/v1/sentiment_skill/NOPE/historique/", 503),
    ],
)
async def test_who_is_unknown_is_404_or_503_without_a_database(session, path, status):
    async with session.get(path) as answer:
        problem = await answer.json()
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        assert problem["status"] == status
        assert ("Retry-After" in answer.headers) == (status == 503)
