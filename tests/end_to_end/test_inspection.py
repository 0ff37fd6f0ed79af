"""The commands for looking show what is there: the same over HTTP, in files and in topics."""

import asyncio
import json
import re
import signal
import time
from collections import defaultdict
from itertools import pairwise

import pytest
from aiokafka import AIOKafkaProducer

from tests.kafka.market import TABLES, MarketDeployment
from tests.waiting import eventually

from .command_line import CommandLine
from .configuring import configure

RATE_PER_S = 2_000


@pytest.fixture(scope="module")
def market(broker, tmp_path_factory):
    """One deployment for all tests here; each looks at what it has made itself, or at all."""
    # Nothing closes by wall time while two places are compared.
    deployment = MarketDeployment(
        broker,
        "inspected-",
        tmp_path_factory.mktemp("inspected"),
        partitions=4,
        IDLE_TIMEOUT="3600",
        SESSION_TIMEOUT="10",
    )
    asyncio.run(deployment.create_topics())
    yield deployment
    deployment.stop()


@pytest.fixture(scope="module")
def worker(market):
    return market.worker().start()


@pytest.fixture
def cryptoviz(market, worker):
    return CommandLine(market, worker)


@pytest.fixture
def not_deployed(broker, topic_prefix, tmp_path):
    """A deployment of which nothing is there yet."""
    return MarketDeployment(broker, topic_prefix, tmp_path, partitions=4)


PLACES = {(): "worker at http://", ("--changelog",): "changelog topics", ("--offline",): "RocksDB"}
PLAIN = (
    *("alerts", "crypto_configuration", "instruments", "predictions", "scores"),
    *("sentiment_skill", "visualization_parameters"),
)
# It takes as long as a window of prices for a prediction, and an hour for the skill of one.
MAY_BE_EMPTY = ("predictions", "scores", "sentiment_skill")
SUFFIXES = {"candles_5m": "|300", "candles_1h": "|3600", "candles_1d": "|86400"}


async def versions(market, table):
    """Return every value that the changelog of *table* ever had, by key, in order."""
    found = defaultdict(list)
    for record in await market.stored(f"{market.group}-{table}-changelog"):
        assert record.value is not None
        found[record.key.decode()].append(json.loads(record.value))
    return found


async def the_live_view(worker, table):
    """Return the rows of `/live/` by key: all windows of each subject."""
    newest = await asyncio.to_thread(worker.get, f"/live/{table}/")
    subject = "crypto_symbol" if table == "sentiment" else "pair"
    found = {}
    for name in {row[subject] for row in newest["rows"]}:
        path = f"/live/{table}/{name}/?limit=1000"
        for row in (await asyncio.to_thread(worker.get, path))["rows"]:
            found[f"{name}|{row['window_start']}{SUFFIXES.get(table, '')}"] = row
    return found


def assert_fresh(rows, before, known):
    """Hold every row to the changelog: no older than *before*, each a value that was *known*.

    A worker is asked after the changelog, so it has at least what that had then: every row, and
    of each row that value or one that came later. What comes later is in the changelog at last.
    """
    assert before.keys() <= rows.keys() <= known.keys()
    for key, row in rows.items():
        assert row in known[key][max(0, len(before.get(key, ())) - 1) :], key


async def send(deployment, kind, message):
    """Send one *message* to the second partition of its topic."""
    producer = AIOKafkaProducer(bootstrap_servers=deployment.broker.bootstrap_servers)
    await producer.start()
    value = json.dumps(message).encode()
    await producer.send_and_wait(deployment.topics[kind], value, key=b"BTC/USD", partition=1)
    await producer.stop()


AN_ALERT = {"pair": "BTC/USD", "last": 34_000, "change": 1.2, "threshold": 1}


async def test_inspect_equals_the_http_view_and_the_changelog_while_records_flow(
    market, worker, cryptoviz
):
    await configure(worker, "DELETE", "visualization/BTC%20prices/")
    await configure(worker, "PATCH", "crypto/BTC/", name="Bitcoin")
    # The simulated market moves too little for one.
    await send(market, "alert", AN_ALERT | {"timestamp": int(time.time())})
    sending = cryptoviz.start("simulate", "--rate", str(RATE_PER_S))

    async def rows_are_there():
        views = [await asyncio.to_thread(worker.get, f"/live/{table}/") for table in TABLES]
        return all(view["rows"] for view in views)

    await eventually(rows_are_there, "a row of every table")
    looks = []
    for table in TABLES:
        before = await versions(market, table)
        for options, place in PLACES.items():
            found = await cryptoviz.within("inspect", table, *options)
            assert found.status == 0, found.said
            assert place in found.said
            looks.append((table, found.rows, before))
        looks.append((table, await the_live_view(worker, table), before))
    assert sending.poll() is None, "the records had stopped before the looking ended"
    sending.terminate()
    out, _ = await asyncio.to_thread(sending.communicate, timeout=60)
    sent, took_s = int(out.split()[1]), float(out.split()[4])
    assert sent / took_s > 0.9 * RATE_PER_S, out
    await market.drained()

    known = {table: await versions(market, table) for table in TABLES}
    for table, rows, before in looks:
        assert_fresh(rows, before, known[table])
        # It was written to while it was looked at.
        assert 0 < sum(map(len, before.values())) < sum(map(len, known[table].values()))
    for table in TABLES:
        changelog = await assert_places_agree(market, worker, cryptoviz, table)
        assert changelog == await the_live_view(worker, table)
    await eventually(lambda: all_is_folded(worker), "the end of what follows from prices")
    for table in PLAIN:
        await assert_places_agree(market, worker, cryptoviz, table)


async def all_is_folded(worker):
    tables = (await asyncio.to_thread(worker.get, "/inspect/tables/"))["rows"]
    return not any(each["lag"] for table in tables for each in table["partitions"])


async def assert_places_agree(market, worker, cryptoviz, table):
    """Compare all places row by row, when nothing flows any more; return the rows."""
    changelog = await market.changelog(table)
    shown = [await cryptoviz.within("inspect", table, *options) for options in PLACES]
    assert changelog or table in MAY_BE_EMPTY
    assert shown[0].rows == changelog
    assert shown[0].out == shown[1].out == shown[2].out
    assert await asyncio.to_thread(market.store, worker, table) == changelog
    return changelog


def listed(found):
    """Return what all places must say of each table: all but help, watermark and lag."""
    assert found.status == 0, found.said
    same = ("partition", "rows", "oldest_window", "newest_window")
    return {
        line["table"]: {name: line[name] for name in line if name not in ("table", "help")}
        | {"partitions": [tuple(each[name] for name in same) for each in line["partitions"]]}
        for line in found.lines
    }


async def test_the_list_of_tables_is_the_same_from_all_places(market, worker, cryptoviz):
    assert (await cryptoviz("simulate", "--count", "2000", "--rate", "100000")).status == 0
    await market.drained()

    over_http = await cryptoviz("inspect")
    topic = listed(await cryptoviz("inspect", "--changelog"))
    lines = {line["table"]: line for line in over_http.lines}
    assert set(TABLES) < set(lines)
    assert lines["candles_5m"]["size_s"] == 300
    assert lines["candles_5m"]["key"] == "pair|window_start|300"
    assert lines["candles"]["lateness_s"] == 600.0
    assert [each["lag"] for each in lines["candles"]["partitions"]] == [0, 0, 0, 0]
    for each in lines["candles"]["partitions"]:
        assert not each["rows"] or each["watermark"] < time.time() - 600
    assert [each["lag"] for each in lines["alerts"]["partitions"]] == [0, 0, 0, 0]
    assert lines["predictions"]["key"] == "pair|target_time|horizon"
    assert listed(over_http) == topic
    for table in ("candles", "sentiment", "instruments"):
        assert sum(rows for _, rows, _, _ in topic[table]["partitions"])

    assert listed(await cryptoviz("inspect", "--offline")) == topic

    for options in PLACES:
        unknown = await cryptoviz.within("inspect", "candle", *options)
        assert unknown.status == 3
        assert "There is no table 'candle'" in unknown.said
        assert "candles_5m" in unknown.said


def state_of_files(worker):
    """Return when each file of a worker's tables last changed, and its size."""
    stats = {path: path.stat() for path in worker.directory.glob("data/*/v1/tables/**/*")}
    return {path: (stat.st_mtime_ns, stat.st_size) for path, stat in stats.items()}


async def test_files_of_a_stopped_worker_are_read_and_left_as_they_are(market, worker, cryptoviz):
    before = await cryptoviz("inspect", "candles")
    worker.stop()
    try:
        unreachable = await cryptoviz("inspect", "candles")
        assert unreachable.status == 1
        assert "does not answer" in unreachable.said
        left = state_of_files(worker)
        files = await cryptoviz("inspect", "candles", "--offline")
        assert files.rows == before.rows == await market.changelog("candles")
        assert left
        assert state_of_files(worker) == left
    finally:
        # What was looked at is not locked.
        worker.start()
    assert (await cryptoviz("inspect", "candles")).rows == before.rows


async def test_rows_of_several_workers_come_from_whichever_is_asked(market, cryptoviz):
    assert (await cryptoviz("simulate", "--count", "2000", "--rate", "100000")).status == 0
    with market.worker("two") as other:
        await market.drained()
        both = [cryptoviz, CommandLine(market, other)]

        async def both_answer():
            tables = [await command("inspect") for command in both]
            held = [
                {line["table"]: len(line["partitions"]) for line in each.lines} for each in tables
            ]
            return all(each.get("prices") == 4 for each in held)

        await eventually(both_answer, "an answer of both", 60)
        first, second = [await command("inspect", "prices") for command in both]
        assert first.rows == second.rows == await market.changelog("prices")


async def test_watch_prints_a_row_each_time_it_changes(market, worker, cryptoviz):
    async def the_rows_are_here():
        return (await cryptoviz("inspect", "candles", "--key", "BTC/USD")).status == 0

    # They may still count as a stopped worker's, until its session is over.
    await eventually(the_rows_are_here, "the return of the rows")
    watching = [
        cryptoviz.start("inspect", "candles", "--key", "BTC/USD", "--watch", *options, bufsize=0)
        for options in [(), ("--changelog",)]
    ]
    sending = cryptoviz.start("simulate", "--rate", "500")
    try:
        printed = []
        for process in watching:
            values = defaultdict(list)
            while max(map(len, values.values()), default=0) < 3:
                line = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), 30)
                row = json.loads(line)
                values[row["key"]].append(row["value"])
            printed.append(values)
        sending.terminate()
        for process in watching:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
            assert b"Traceback" not in err
            assert process.returncode == 0
        await market.drained()
        known = await versions(market, "candles")
        for key, values in ((key, each[key]) for each in printed for key in each):
            history = iter(known[key])
            # One that is printed again, or before one that it follows, is not found any more.
            assert all(value in history for value in values), key
            assert all(one != other for one, other in pairwise(values)), key
    finally:
        for process in (sending, *watching):
            process.kill()
            process.communicate()


BAD = [
    b'{"pair":"nonsense","last":1,"timestamp":1764310291}',
    b"\xff\xfe{",
    b'{"pair":"BTC/USD","last":NaN,"timestamp":1764310291}',
]


async def test_dead_letters_are_counted_shown_byte_for_byte_and_sent_back_once(
    market, worker, cryptoviz
):
    topic = market.topics["ticker"]
    producer = AIOKafkaProducer(bootstrap_servers=market.broker.bootstrap_servers)
    await producer.start()
    for value in BAD:
        await producer.send_and_wait(topic, value, key=b"BTC/USD", partition=1)
    await producer.stop()
    await market.drained()

    letters = (await cryptoviz.within("dead-letters")).lines
    first = letters[0]["offset"]
    assert [(each["topic"], each["partition"], each["offset"]) for each in letters] == [
        (topic, 1, first + number) for number in range(3)
    ]
    counts = (await cryptoviz("dead-letters", "--count")).lines
    assert {each["code"]: each["count"] for each in counts} == {each["code"]: 1 for each in letters}
    for letter, value in zip(letters, BAD, strict=True):
        assert (await cryptoviz.within("dead-letters", "--show", letter["place"])).out == value

    place = letters[0]["place"]
    # Two at the same time, and one after them.
    both = await asyncio.gather(
        *(cryptoviz("dead-letters", "--retry", "--at", place) for _ in range(2))
    )
    assert sorted(each.status for each in both) == [0, 3]
    sent = await cryptoviz.within("dead-letters", "--retry", "--at", place)
    assert sent.status == 3
    assert "1 were sent back before" in sent.said
    records = [record for record in await market.stored(topic) if record.headers]
    assert [(record.partition, record.key, record.value) for record in records] == [
        (1, b"BTC/USD", BAD[0])
    ]
    assert records[0].headers == (("retry-of", f"{topic}/1/{first}".encode()),)
    retried = [each["retried_ms"] for each in (await cryptoviz.within("dead-letters")).lines[:3]]
    assert [each is not None for each in retried] == [True, False, False]


@pytest.fixture
async def ten_minutes(broker, topic_prefix, tmp_path):
    """A deployment whose windows are of another size, so that its tables are called by it."""
    sizes = {"PRICE_SIZE": "600", "SENTIMENT_SIZE": "600", "PREDICTION_HORIZONS": "600"}
    # A second worker takes over from the first one after the session's time.
    deployment = MarketDeployment(
        broker, topic_prefix, tmp_path, IDLE_TIMEOUT="3600", SESSION_TIMEOUT="10", **sizes
    )
    await deployment.create_topics()
    yield deployment
    deployment.stop()


def an_article(score, event_time_s):
    return {
        "title": "t",
        "url": f"https://news.example/{score}",
        "website": "news.example",
        "published_at": event_time_s,
        "cryptocurrencies_mentioned": ["BTC"],
        "sentiment": {"score": score},
    }


async def test_what_was_rejected_by_a_wrong_setting_is_folded_when_it_is_sent_back(ten_minutes):
    window = int(time.time()) // 600 * 600
    worker = ten_minutes.worker().start()
    # Of the sign that the scale lacks, and one that both scales read, each its own way.
    for score in (-0.5, 0.5):
        await send(ten_minutes, "article", an_article(score, window))
    await ten_minutes.drained()
    unmended = CommandLine(ten_minutes, worker)
    (letter,) = (await unmended.within("dead-letters")).lines
    assert letter["code"] == "bad_score"
    (row,) = (await unmended.within("inspect", "sentiment")).lines
    assert row["value"]["revision"] == 1

    worker.stop()
    worker = ten_minutes.worker(SENTIMENT_SCALE="signed").start()
    cryptoviz = CommandLine(ten_minutes, worker, SENTIMENT_SCALE="signed")
    assert (await cryptoviz.within("dead-letters", "--retry", "--code", "bad_score")).status == 0
    await ten_minutes.drained()

    async def both_are_folded():
        (row,) = (await cryptoviz.within("inspect", "sentiment", "--key", "btc")).lines
        return row["value"]["revision"] == 2 and row

    row = await eventually(both_are_folded, "the article in its window")
    assert row["key"] == f"BTC|{window}|600"
    outs = [(await cryptoviz.within("inspect", "sentiment", *options)).out for options in PLACES]
    assert outs[0] == outs[1] == outs[2]
    # The first was folded by the scale before, so neither says the same of both.
    for scale in ("signed", "unit"):
        by_scale = CommandLine(ten_minutes, worker, SENTIMENT_SCALE=scale)
        told = await by_scale.within("explain", "sentiment", "BTC", str(window), "--records")
        assert told.status == 3
        assert "Not equal: " in told.said


async def test_topics_says_what_is_missing_and_makes_it(not_deployed):
    cryptoviz = CommandLine(not_deployed)

    before = await cryptoviz("topics")
    made = await cryptoviz("topics", "--create")
    after = await cryptoviz("topics")

    assert (before.status, made.status, after.status) == (3, 0, 0)
    assert {line["state"] for line in before.lines} == {"missing"}
    assert "--create" in before.said
    assert {line["state"] for line in after.lines} == {"ok"}
    kept = {line["topic"].removeprefix(not_deployed.group): line for line in after.lines}
    assert kept["-candles-changelog"]["retention"] == "last of each key"
    assert kept["-candles"]["retention"] == "7 d"
    assert kept["-rejected"]["retention"] == "30 d"
    assert {kept[name]["partitions"] for name in ("-candles-changelog", "-sentiment")} == {4}


async def test_topics_of_another_partition_count_are_told(market):

    found = await CommandLine(market, TOPIC_PARTITIONS="6")("topics")

    states = {line["topic"]: line["state"] for line in found.lines}
    assert found.status == 3
    assert states[market.topics["trade"]] == "has 4 partitions, needs 6"


async def test_explain_fetches_the_records_of_a_value_and_folds_them_again(
    market, worker, cryptoviz
):
    assert (await cryptoviz("simulate", "--count", "3000", "--rate", "100000")).status == 0
    await market.drained()
    windows = {"candles": "ETH/USD", "prices": "BTC/USD", "sentiment": "BTC"}

    for table, key in windows.items():
        offsets = await cryptoviz.within("explain", table, key, "latest")
        records = await cryptoviz.within("explain", table, key, "latest", "--records")
        (row,) = (
            await cryptoviz.within("inspect", table, "--key", key, "--window", "latest")
        ).lines

        value = row["value"]
        assert offsets.status == records.status == 0, records.said
        assert {str(line["partition"]): line["last_offset"] for line in offsets.lines} == (
            value["offsets"]
        )
        assert all(line["first_offset"] <= line["last_offset"] for line in offsets.lines)
        assert "Equal." in records.said
        assert len(records.lines) == value["revision"]
        last = max(line["offset"] for line in records.lines)
        assert last == max(value["offsets"].values())

    assert "came after" not in records.said
    unknown = await cryptoviz.within("explain", "instruments", "BTC/USD", "latest")
    assert unknown.status == 3
    assert "not folded from source records" in unknown.said
    await assert_no_reader_is_no_error(cryptoviz)


async def assert_no_reader_is_no_error(cryptoviz):
    commands = (
        ("explain", "candles", "ETH/USD", "latest", "--records"),
        ("inspect", "candles", "--watch"),
        ("inspect", "candles", "--format", "csv"),
        ("dead-letters", "--count"),
        ("topics",),
    )
    all_ended = await asyncio.gather(*(cryptoviz.without_reader(*words) for words in commands))
    for words, ended in zip(commands, all_ended, strict=True):
        assert ended.status == 1, words
        assert not re.search("Traceback|Error|ignored", ended.said), ended.said


async def test_explain_says_that_records_of_a_window_came_when_it_was_gone(
    market, worker, cryptoviz
):
    now_s = int(time.time())
    old_s = now_s // 60 * 60 - 40 * 86_400
    trades = [
        {"pair": "GRT/USD", "price": 1, "volume": 1, "side": "b", "timestamp": time_s}
        for time_s in (now_s, old_s, old_s + 59)
    ]
    producer = AIOKafkaProducer(bootstrap_servers=market.broker.bootstrap_servers)
    await producer.start()
    sent = [
        await producer.send_and_wait(
            market.topics["trade"], json.dumps(trade).encode(), key=b"GRT/USD", partition=2
        )
        for trade in trades
    ]
    await producer.stop()
    await market.drained()

    gone = await cryptoviz.within("explain", "candles", "GRT/USD", str(old_s))
    there = await cryptoviz.within("explain", "candles", "GRT/USD", "latest", "--records")

    assert gone.status == 3
    assert "2 records came after the table's retention and are in the late topic" in gone.said
    assert f"from source offsets 2:{sent[1].offset}, 2:{sent[2].offset}." in gone.said
    assert there.status == 0, there.said
    assert "came after" not in there.said
    assert [line["late"] for line in there.lines] == [False]
