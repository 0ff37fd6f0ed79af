"""The sink writes every record once, whatever dies meanwhile."""

import asyncio
import json
import random
import time

from cryptoviz.simulator import Market

RATE_PER_S = 1_500


def a_long_market(seed, seconds):
    """Yield chunks of simulated messages, a tenth of a second each."""
    start_s = time.time() - 3_600
    chunk = []
    for message in Market(seed, start_s, rate_per_s=RATE_PER_S, alert_threshold_percent=0.2):
        if message.event_time_s > start_s + seconds:
            return
        stamp_ms = round(message.send_time_s * 1000)
        chunk.append((message.kind, message.key, message.value, stamp_ms))
        if len(chunk) == RATE_PER_S // 10:
            yield chunk
            chunk = []


async def feed(deployment, seed, stop):
    """Send chunks until *stop* is set; return how many messages were sent."""
    sent = 0
    for chunk in a_long_market(seed, 3_600):
        if stop.is_set():
            break
        await deployment.send(chunk)
        sent += len(chunk)
        await asyncio.sleep(0.02)
    return sent


async def assert_the_database_holds_what_kafka_holds(deployment):
    for kind, table, value in (
        ("ticker", "ticker_data", "last"),
        ("trade", "trade_data", "price"),
        ("alert", "alert_data", "last_price"),
        ("article", "article_data", "sentiment_score"),
    ):
        rows = await deployment.fetch(
            f"SELECT source_partition, source_offset, {value} FROM {table}"
        )
        records = await deployment.records(deployment.topics[kind])
        expected = {(r.partition, r.offset): value_of(kind, json.loads(r.value)) for r in records}
        assert len(rows) == len(records), table
        assert {(row[0], row[1]): row[2] for row in rows} == expected


def value_of(kind, message):
    if kind == "article":
        return message["sentiment"]["score"]
    return message["price" if kind == "trade" else "last"]


async def test_ten_kills_of_the_sink_and_five_of_the_database_lose_and_repeat_nothing(
    deployment, database
):
    seed = random.SystemRandom().randrange(10**6)
    print("seed", seed)
    chance, stop = random.Random(seed), asyncio.Event()
    sink = deployment.worker("sink", app="cryptoviz.sink")
    feeding = asyncio.ensure_future(feed(deployment, seed, stop))

    for number in range(10):
        sink.start()
        # The moment of the kill, not a wait for something to happen.
        await asyncio.sleep(chance.uniform(0.1, 1.5))
        if number % 2:
            database.kill()
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            sink.kill()
            database.start()
        else:
            sink.kill()
    stop.set()
    assert await feeding > 5_000
    sink.start()
    await deployment.drained(f"{deployment.group}-sink")

    await assert_the_database_holds_what_kafka_holds(deployment)


async def test_two_sinks_that_do_not_know_of_each_other_write_every_row_once(deployment):
    """Two consumer groups on one database: the worst that a wrong configuration can do."""
    stop = asyncio.Event()
    feeding = asyncio.ensure_future(feed(deployment, 7, stop))
    rivals = [
        deployment.worker(name, app="cryptoviz.sink", CRYPTOVIZ_ID=f"{deployment.group}-{name}")
        for name in ("one", "two")
    ]

    for rival in rivals:
        rival.start()
    await asyncio.sleep(3)  # How long they compete, not a wait for something to happen.
    stop.set()
    await feeding
    for rival in rivals:
        await deployment.drained(f"{deployment.group}-{rival.directory.name}-sink")

    await assert_the_database_holds_what_kafka_holds(deployment)


async def test_the_sink_and_the_stream_app_are_one_worker_or_two_with_the_same_offsets(deployment):
    together = deployment.worker("together").start()
    await deployment.send([m for chunk in a_long_market(3, 3) for m in chunk])
    await deployment.drained()
    together.terminate()

    alone = deployment.worker("alone", app="cryptoviz.sink").start()
    stream = deployment.worker("stream", CRYPTOVIZ_SINK="external").start()
    await deployment.send([m for chunk in a_long_market(4, 3) for m in chunk])
    await deployment.drained()

    await assert_the_database_holds_what_kafka_holds(deployment)
    rows = alone.get("/health/")["rows"]["ticker_data"]
    records = await deployment.records(deployment.topics["ticker"])
    # It went on where the other had stopped, and did not write the first half again.
    assert rows["written"] < len(records)
    assert rows["skipped"] == 0
    assert stream.is_ready()


async def test_a_row_that_the_database_refuses_goes_to_the_dead_letter_topic_alone(deployment):
    sink = deployment.worker("sink", app="cryptoviz.sink").start()
    await deployment.send(next(a_long_market(1, 60)))
    await deployment.drained(f"{deployment.group}-sink")
    await deployment.fetch("ALTER TABLE ticker_data ADD CONSTRAINT unlucky CHECK (last <> 666)")
    stamp_ms = round(time.time() * 1000)
    values = [
        b'{"pair":"BTC/USD","last":%d,"timestamp":%d}' % (p, stamp_ms) for p in range(660, 670)
    ]

    await deployment.send([("ticker", b"BTC/USD", value, stamp_ms) for value in values])
    await deployment.drained(f"{deployment.group}-sink")

    rows = await deployment.fetch("SELECT last FROM ticker_data WHERE last BETWEEN 660 AND 669")
    assert sorted(row["last"] for row in rows) == [660, 661, 662, 663, 664, 665, 667, 668, 669]
    (letter,) = await deployment.records(f"{deployment.group}-rejected")
    assert letter.value == values[6]
    headers = dict(letter.headers)
    assert headers["code"] == b"database"
    assert b"unlucky" in headers["reason"]
    assert sink.get("/health/")["rows"]["ticker_data"]["refused"] == 1
