"""The sink writes every record once, whatever dies meanwhile."""

import asyncio
import random
import time

from cryptoviz.local.drained import wait_until_drained
from cryptoviz.simulator import Market
from tests.end_to_end.stored_rows import (
    assert_raw_tables_hold_what_kafka_holds,
    assert_result_tables_hold_what_kafka_holds,
)

HOURS = 6
CHUNK = 150
RESULTS = ("sentiment", "predictions", "scores", "sentiment-skill")


def a_long_market(seed, seconds, rate_per_s=1_500):
    """Yield chunks of simulated messages that cover *seconds* of the last hours."""
    start_s = time.time() - HOURS * 3_600
    chunk = []
    for message in Market(seed, start_s, rate_per_s=rate_per_s, alert_threshold_percent=0.2):
        if message.event_time_s > start_s + seconds:
            return
        stamp_ms = round(message.send_time_s * 1000)
        chunk.append((message.kind, message.key, message.value, stamp_ms))
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []


async def feed(deployment, seed, stop, rate_per_s=1_500, least=0):
    """Send chunks until *stop* is set, *least* messages anyway; return how many were sent."""
    sent = 0
    for chunk in a_long_market(seed, HOURS * 3_600, rate_per_s):
        if stop.is_set() and sent >= least:
            break
        await deployment.send(chunk)
        sent += len(chunk)
        await asyncio.sleep(0.02)
    return sent


async def test_ten_kills_of_the_sink_and_five_of_the_database_lose_and_repeat_nothing(
    deployment, database
):
    seed = random.SystemRandom().randrange(10**6)
    print("seed", seed)
    chance, stop = random.Random(seed), asyncio.Event()
    sink = deployment.worker("sink", app="cryptoviz.sink")
    stream = deployment.worker("stream", CRYPTOVIZ_SINK="external", LATENESS="60").start()
    # So few a second that windows end and predictions come true: all are of half an hour or more.
    feeding = asyncio.ensure_future(feed(deployment, seed, stop, rate_per_s=10, least=18_000))

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
    sent = await feeding
    sink.start()
    await deployment.drained()
    servers, group = deployment.broker.bootstrap_servers, deployment.group
    await wait_until_drained(servers, group, [f"{group}-prices", f"{group}-sentiment"])
    # Wall time would end further windows while the tables are compared.
    stream.terminate()
    await wait_until_drained(servers, f"{group}-sink", [f"{group}-{name}" for name in RESULTS])

    await assert_raw_tables_hold_what_kafka_holds(deployment, sent)
    await assert_result_tables_hold_what_kafka_holds(deployment)


async def test_two_sinks_that_do_not_know_of_each_other_write_every_row_once(deployment):
    """Two consumer groups on one database: the worst that a wrong configuration can do."""
    stop = asyncio.Event()
    # Alerts are rare: the first hundreds of messages may have none.
    feeding = asyncio.ensure_future(feed(deployment, 7, stop, least=3_000))
    rivals = [
        deployment.worker(name, app="cryptoviz.sink", CRYPTOVIZ_ID=f"{deployment.group}-{name}")
        for name in ("one", "two")
    ]

    for rival in rivals:
        rival.start()
    await asyncio.sleep(3)  # How long they compete, not a wait for something to happen.
    stop.set()
    sent = await feeding
    for rival in rivals:
        await deployment.drained(f"{deployment.group}-{rival.directory.name}-sink")

    await assert_raw_tables_hold_what_kafka_holds(deployment, sent)


async def test_the_sink_and_the_stream_app_are_one_worker_or_two_with_the_same_offsets(deployment):
    together = deployment.worker("together").start()
    await deployment.send([m for chunk in a_long_market(3, 3) for m in chunk])
    await deployment.drained()
    together.terminate()

    alone = deployment.worker("alone", app="cryptoviz.sink").start()
    stream = deployment.worker("stream", CRYPTOVIZ_SINK="external").start()
    await deployment.send([m for chunk in a_long_market(4, 3) for m in chunk])
    await deployment.drained()

    await assert_raw_tables_hold_what_kafka_holds(deployment)
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
