"""`cryptoviz simulate` against a real broker."""

import asyncio
import itertools
import os
import re
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections import defaultdict

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import DefaultPartitioner

from cryptoviz.simulator import Market

COMMAND = [sys.executable, "-m", "cryptoviz.commands.simulate"]
PARTITIONS = 4
SINCE_S = 1_764_310_291.0
SINCE = "--since=2025-11-28T06:11:31Z"
KINDS = ("ticker", "trade", "article", "alert")


@pytest.fixture
def environment(broker, topic_prefix):
    topics = {f"TOPIC_RAW{kind.upper()}": topic_prefix + kind for kind in KINDS}
    return {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers, **topics}


async def create_topics(broker, topic_prefix, **configs):
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    # A backfill is as old as its events: the broker must not delete it at once.
    kept = {"retention.ms": "-1", **configs}
    await admin.create_topics(
        [NewTopic(topic_prefix + kind, PARTITIONS, 1, topic_configs=kept) for kind in KINDS]
    )
    await admin.close()


async def stored(broker, topic_prefix):
    """Return the records of each kind, those of each partition in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers)
    await consumer.start()
    places = [TopicPartition(topic_prefix + kind, n) for kind in KINDS for n in range(PARTITIONS)]
    consumer.assign(places)
    await consumer.seek_to_beginning()
    ends = await consumer.end_offsets(places)
    records = defaultdict(list)
    for place, end in ends.items():
        while await consumer.position(place) < end:
            some = await consumer.getmany(place, timeout_ms=1_000)
            records[place.topic.removeprefix(topic_prefix)] += some.get(place, [])
    await consumer.stop()
    return records


def simulate(environment, *arguments):
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def by_key(pairs):
    values = defaultdict(list)
    for key, value in pairs:
        values[key].append(value)
    return values


async def test_the_market_arrives_byte_for_byte_and_in_order(broker, topic_prefix, environment):
    await create_topics(broker, topic_prefix)

    result = simulate(environment, SINCE, "--seed=3", "--count=5000", "--alert-threshold=0.02")

    market = Market(seed=3, start_s=SINCE_S, alert_threshold_percent=0.02)
    messages = list(itertools.islice(market, 5_000))
    records = await stored(broker, topic_prefix)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("sent 5000 messages")
    for kind in KINDS:
        sent = by_key(
            (m.key, (m.value, round(m.send_time_s * 1_000))) for m in messages if m.kind == kind
        )
        assert by_key((r.key, (r.value, r.timestamp)) for r in records[kind]) == sent


async def test_records_lie_where_javas_partitioner_puts_them(broker, topic_prefix, environment):
    await create_topics(broker, topic_prefix)

    simulate(environment, SINCE, "--count=2000")

    murmur2 = DefaultPartitioner()
    partitions = list(range(PARTITIONS))
    records = await stored(broker, topic_prefix)
    assert len({record.partition for record in records["ticker"]}) == PARTITIONS
    for record in itertools.chain(*records.values()):
        assert record.partition == murmur2(record.key, partitions, partitions)


async def test_faults_lose_nothing_but_what_they_silence(broker, topic_prefix, environment):
    await create_topics(broker, topic_prefix)

    result = simulate(
        environment, SINCE, "--count=5000", "--late=0.2", "--disorder=0.2", "--malformed=0.1",
        "--duplicate=0.1",
    )  # fmt: skip

    records = [record for some in (await stored(broker, topic_prefix)).values() for record in some]
    sent = int(re.search(r"sent (\d+)", result.stdout)[1])
    assert len(records) == sent
    assert 5_400 < sent < 5_600


async def test_a_live_market_keeps_its_rate(broker, topic_prefix, environment):
    # The broker's clock says when a record came in; the simulator's could only say what it meant.
    await create_topics(broker, topic_prefix, **{"message.timestamp.type": "LogAppendTime"})

    result = simulate(environment, "--rate=2000", "--duration=5s")

    records = [record for some in (await stored(broker, topic_prefix)).values() for record in some]
    times_ms = [record.timestamp for record in records]
    assert result.returncode == 0, result.stderr
    assert len(records) == 10_000
    assert max(times_ms) - min(times_ms) == pytest.approx(5_000, rel=0.02)


async def test_a_backfill_sends_at_least_20_000_messages_a_second(
    broker, topic_prefix, environment
):
    await create_topics(broker, topic_prefix)

    result = simulate(environment, SINCE, "--count=200000")

    rate = re.search(r"([\d,]+)/s", result.stdout)[1]
    assert int(rate.replace(",", "")) >= 20_000


async def test_at_a_speed_of_ten_a_past_second_takes_a_tenth(broker, topic_prefix, environment):
    await create_topics(broker, topic_prefix, **{"message.timestamp.type": "LogAppendTime"})

    simulate(environment, SINCE, "--speed=10", "--duration=20s")

    records = [record for some in (await stored(broker, topic_prefix)).values() for record in some]
    times_ms = [record.timestamp for record in records]
    assert max(times_ms) - min(times_ms) == pytest.approx(2_000, rel=0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_in_order(broker, topic_prefix, environment, number):
    await create_topics(broker, topic_prefix)
    process = await asyncio.create_subprocess_exec(
        *COMMAND, env=environment, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(30):
        while not (await stored(broker, topic_prefix))["ticker"]:
            pass

    process.send_signal(number)
    async with asyncio.timeout(30):
        stdout, stderr = await process.communicate()

    records = await stored(broker, topic_prefix)
    assert process.returncode == 0, stderr
    assert stdout.startswith(f"sent {sum(map(len, records.values()))} messages".encode())


async def test_a_missing_topic_is_named_and_not_created(broker, environment, topic_prefix):
    result = simulate(environment, "--count=10")

    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    topics = await admin.list_topics()
    await admin.close()
    assert result.returncode == 1
    assert result.stderr.startswith(
        f"Error: topic {topic_prefix}ticker does not exist at {broker.bootstrap_servers}"
    )
    assert "Traceback" not in result.stderr
    assert not any(topic.startswith(topic_prefix) for topic in topics)
