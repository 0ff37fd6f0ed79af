"""Messages in Kafka come out of the tables, the database and HTTP."""

import json
import time
import urllib.error
from collections import defaultdict

import pytest
from aiokafka import AIOKafkaProducer

from cryptoviz.simulator import Market
from tests.databases import create_database, dsn_of
from tests.waiting import eventually

TABLES = {
    "ticker": "ticker_data",
    "trade": "trade_data",
    "article": "article_data",
    "alert": "alert_data",
}


def a_market(count, *, seed=1, since_s=None, rate_per_s=50):
    """Return *count* simulated messages that end now or begin at *since_s*."""
    start_s = time.time() - count / rate_per_s if since_s is None else since_s
    market = Market(seed, start_s, rate_per_s=rate_per_s, alert_threshold_percent=0.1)
    messages = []
    for message in market:
        stamp_ms = round(message.send_time_s * 1000)
        messages.append((message.kind, message.key, message.value, stamp_ms))
        if len(messages) == count:
            break
    return messages


async def test_every_message_reaches_its_table_and_its_live_row(deployment, by_kind):
    messages = a_market(5_000)
    worker = deployment.worker().start()

    await deployment.send(messages)
    await deployment.drained()

    sent = by_kind(messages)
    assert set(sent) == set(TABLES)
    for kind, table in TABLES.items():
        assert await deployment.count(table) == sent[kind], table
    live = {row["pair"]: row for row in worker.get("/live/candles/")["rows"]}
    trades = defaultdict(list)
    for kind, _, value, _ in messages:
        if kind == "trade":
            trade = json.loads(value)
            trades[trade["pair"], trade["timestamp"] // 60 * 60].append(trade)
    for pair, row in live.items():
        window = trades[pair, row["window_start"]]
        assert row["trades"] == len(window)
        assert row["high"] == max(trade["price"] for trade in window)
        assert row["close"] == window[-1]["price"]
        assert row["volume"] == pytest.approx(sum(trade["volume"] for trade in window))


async def test_history_pages_through_all_tickers_of_a_pair(deployment):
    messages = a_market(3_000)
    worker = deployment.worker().start()
    await deployment.send(messages)
    await deployment.drained()

    path, found = "/api/v1/ticker/BTC/USD/historique/?limit=37", []
    while path:
        page = worker.get(path)
        assert page["count"] == len(page["data"]) <= 37
        found += page["data"]
        path = page["next"]

    sent = [json.loads(value) for kind, key, value, _ in messages if kind == "ticker"]
    sent = [ticker["last"] for ticker in sent if ticker["pair"] == "BTC/USD"]
    assert [ticker["last"] for ticker in found] == sent[::-1]


async def test_rows_older_than_the_retention_are_counted_and_not_written(deployment):
    now_s = time.time()
    old = b'{"pair":"BTC/USD","last":1,"timestamp":%d}' % (now_s - 91 * 86_400)
    new = b'{"pair":"BTC/USD","last":2,"timestamp":%d}' % (now_s - 89 * 86_400)
    sink = deployment.worker(app="cryptoviz.sink").start()

    await deployment.send(
        [("ticker", b"BTC/USD", value, int(now_s * 1000)) for value in [old, new]]
    )
    await deployment.drained(f"{deployment.group}-sink")

    assert [row["last"] for row in await deployment.fetch("SELECT last FROM ticker_data")] == [2]
    assert sink.get("/health/")["rows"]["ticker_data"]["expired"] == 1


BAD_QUESTIONS = (
    ("/api/v1/ticker/btcusd!/historique/", 400, "btcusd!"),
    ("/api/v1/ticker/BTC/USD/historique/?periode=2h", 400, "periode"),
    ("/api/v1/trade/BTC/USD/historique/?limit=0", 400, "limit"),
    ("/api/v1/trade/BTC/USD/historique/?date_debut=yesterday", 400, "date_debut"),
    ("/live/nothing/", 404, "nothing"),
    ("/live/candles/NOT/HERE/", 404, "NOT/HERE"),
)


async def test_a_bad_question_gets_a_problem_that_names_it(deployment):
    worker = deployment.worker().start()

    for path, status, named in BAD_QUESTIONS:
        with pytest.raises(urllib.error.HTTPError) as caught:
            worker.get(path)
        assert caught.value.code == status, path
        problem = json.load(caught.value)
        assert caught.value.headers["Content-Type"].startswith("application/problem+json")
        assert named in problem["detail"]


async def test_bad_messages_go_to_the_dead_letter_topic_byte_for_byte(deployment):
    stamp_ms = round(time.time() * 1000)
    bad = [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"pair":"BTC/USD","last":-1,"timestamp":1764310291}',
        b'{"pair":"BTC/USD","last":NaN,"timestamp":1764310291}',
        b'{"pair":"nonsense","last":1,"timestamp":1764310291}',
        # About as large as brokers take, so larger than that with a dead letter's headers.
        b"x" * 1_048_400,
    ]
    good = b'{"pair":"BTC/USD","last":34000.12,"timestamp":%d}' % stamp_ms
    deployment.worker().start()

    await deployment.send([("ticker", b"BTC/USD", value, stamp_ms) for value in [good, *bad, good]])
    await send_nothing(deployment.broker, deployment.topics["ticker"], stamp_ms)
    await deployment.drained()

    letters = await deployment.records(f"{deployment.group}-rejected")
    # A letter may come again, with the same coordinates: it is sent at least once.
    by_place = {
        (dict(each.headers)["partition"], dict(each.headers)["offset"]): each.value
        for each in letters
    }
    assert sorted(by_place.values()) == sorted([*bad, b""])
    for letter in letters:
        headers = dict(letter.headers)
        assert headers["topic"] == deployment.topics["ticker"].encode()
        assert int(headers["offset"]) >= 1 or letter.value == b""
        assert headers["code"]
        assert headers["reason"].decode().isprintable()
    assert await deployment.count("ticker_data") == 2


async def send_nothing(broker, topic, timestamp_ms):
    """Send a record that has neither key nor value, which only a batch can hold."""
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as producer:
        batch = producer.create_batch()
        batch.append(key=None, value=None, timestamp=timestamp_ms)
        await (await producer.send_batch(batch, topic, partition=1))


async def test_live_tables_go_on_without_a_database_and_every_row_arrives_later(
    deployment, database, by_kind
):
    first, then = a_market(2_000, seed=1), a_market(2_000, seed=2)
    worker = deployment.worker().start()
    await deployment.send(first)
    await deployment.drained()

    database.stop()
    try:
        await deployment.send(then)
        await deployment.drained(deployment.group)

        async def the_database_is_down():
            return "database" in worker.get("/health/")["down"]

        await eventually(the_database_is_down, "the word that the database is down")
        assert worker.is_ready()
        with pytest.raises(urllib.error.HTTPError) as caught:
            worker.get("/api/v1/ticker/BTC/USD/historique/")
        assert caught.value.code == 503
        assert caught.value.headers["Retry-After"]
        assert worker.get("/live/candles/")["rows"]
    finally:
        database.start()

    await deployment.drained()
    sent = by_kind(first + then)
    for kind, table in TABLES.items():
        assert await deployment.count(table) == sent[kind], table

    async def all_is_well():
        return worker.get("/health/")["down"] == {}

    await eventually(all_is_well, "the word that all is well")


async def test_a_new_database_gets_all_that_kafka_holds(deployment, by_kind):
    messages = a_market(2_000)
    old = deployment.worker().start()
    await deployment.send(messages)
    await deployment.drained()
    old.terminate()
    connection_name = f"{deployment.database_name}b"
    await create_database(deployment.server, connection_name)
    deployment.dsn = dsn_of(deployment.server, connection_name)

    deployment.worker(TIMESCALE_DSN=deployment.dsn).start()

    async def all_rows():
        try:
            return await deployment.count("ticker_data") == by_kind(messages)["ticker"]
        except Exception as error:  # The table is not there yet.
            return "does not exist" not in str(error) and False

    await eventually(all_rows, "the filling of the new database")
    places = await deployment.fetch(
        "SELECT source_partition, source_offset FROM ticker_data GROUP BY 1, 2 HAVING count(*) > 1"
    )
    assert places == []
