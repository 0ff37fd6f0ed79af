"""`cryptoviz replay` against a real broker."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import DefaultPartitioner

COMMAND = [sys.executable, "-m", "cryptoviz.commands.replay"]
PARTITIONS = 4
TIME_S = 1_764_310_291


@pytest.fixture
async def topic(broker, topic_prefix):
    """A topic whose record timestamps are the broker's clock at their arrival."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    name = topic_prefix + "rawtrade"
    stamps = {"message.timestamp.type": "LogAppendTime"}
    await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=stamps)])
    await admin.close()
    return name


@pytest.fixture
def environment(broker, topic_prefix):
    return {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "TOPIC_RAWTRADE": topic_prefix + "rawtrade",
    }


async def stored(broker, topic):
    """Return the records of *topic*, those of each partition in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers)
    await consumer.start()
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer.assign(places)
    await consumer.seek_to_beginning()
    ends = await consumer.end_offsets(places)
    records = []
    for place, end in ends.items():
        while await consumer.position(place) < end:
            some = await consumer.getmany(place, timeout_ms=1_000)
            records += some.get(place, [])
    await consumer.stop()
    return records


def replay(environment, *arguments, stdin=b""):
    result = subprocess.run(
        [*COMMAND, *arguments],
        env=environment,
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in result.stderr
    return result


def a_trade(pair="BTC/USD", at_s=TIME_S, **fields):
    return json.dumps({"pair": pair, "price": 3.0, "timestamp": at_s, **fields}).encode()


async def test_lines_arrive_byte_for_byte_keyed_and_in_order(broker, topic, environment, tmp_path):
    lines = [a_trade(pair, number=n) for n in range(2_000) for pair in ("BTC/USD", "ETH/USD")]
    lines[7] = b'{ "pair" : "BTC/USD", "odd":  "sp\xc3\xa4cing" }\t'
    (tmp_path / "trades.jsonl").write_bytes(b"\n".join(lines))

    result = replay(environment, str(tmp_path / "trades.jsonl"), "--topic", topic)

    records = await stored(broker, topic)
    assert result.returncode == 0, result.stderr
    for pair in (b"BTC/USD", b"ETH/USD"):
        sent = [line for line in lines if json.loads(line)["pair"].encode() == pair]
        kept = [record for record in records if record.key == pair]
        partitions = list(range(PARTITIONS))
        assert [record.value for record in kept] == sent
        assert {r.partition for r in kept} == {DefaultPartitioner()(pair, partitions, partitions)}


async def test_another_field_can_be_the_key(broker, topic, environment):
    replay(environment, "-", "--topic", topic, "--key", "price", stdin=a_trade() + b"\n")

    assert [record.key for record in await stored(broker, topic)] == [b"3.0"]


async def test_blank_lines_are_skipped_and_bad_ones_are_sent_without_a_key(
    broker, topic, environment
):
    stdin = b"\n".join([a_trade(), b"", b'{"pair": broken', b"  ", a_trade()])

    result = replay(environment, "-", "--topic", topic, stdin=stdin)

    records = await stored(broker, topic)
    assert {(r.key, r.value) for r in records} == {
        (b"BTC/USD", a_trade()),
        (None, b'{"pair": broken'),
    }
    assert result.stdout.startswith(
        f"sent 3 messages to {topic}, 1 of them without a key, skipped 2 blank lines".encode()
    )


async def test_strict_stops_at_the_line_that_is_not_json(broker, topic, environment):
    stdin = b"\n".join([a_trade(), b"", b"{broken", a_trade()])

    result = replay(environment, "-", "--topic", topic, "--strict", stdin=stdin)

    assert result.returncode == 1
    assert result.stderr.startswith(b"Error: line 3 is not JSON")
    assert b"the 1 messages before it were sent" in result.stderr
    assert len(await stored(broker, topic)) == 1


async def test_speed_paces_by_the_messages_own_time(broker, topic, environment):
    stdin = b"\n".join(a_trade(at_s=TIME_S + second) for second in (0, 0, 10, 20))

    replay(environment, "-", "--topic", topic, "--speed", "20", stdin=stdin)

    arrived_ms = [record.timestamp for record in await stored(broker, topic)]
    waits_ms = [later - first for first, later in itertools.pairwise(arrived_ms)]
    assert waits_ms == [pytest.approx(0, abs=100), *[pytest.approx(500, abs=150)] * 2]


async def test_a_pipe_is_sent_as_it_flows_until_a_signal(broker, topic, environment):
    process = await asyncio.create_subprocess_exec(
        *[*COMMAND, "-", "--topic", topic], env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    process.stdin.write(a_trade() + b"\n")
    async with asyncio.timeout(30):
        while not await stored(broker, topic):
            pass

    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        # Standard input stays open: the signal alone must end it.
        stdout, stderr = await process.stdout.read(), await process.stderr.read()
        status = await process.wait()

    assert status == 0, stderr
    assert stdout.startswith(b"sent 1 messages")


async def test_a_missing_topic_is_named(environment, topic_prefix):
    result = replay(environment, "-", "--topic", topic_prefix + "none", stdin=a_trade())

    assert result.returncode == 1
    assert result.stderr.startswith(f"Error: topic {topic_prefix}none does not exist".encode())
