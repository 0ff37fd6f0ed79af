from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from cryptoviz.local.broker import Broker
from cryptoviz.local.children import StartError
from cryptoviz.local.kafka_probe import serves_metadata

PARTITION = TopicPartition("rawtrade", 0)


def serves(broker: Broker, timeout_s: float = 1.0) -> bool:
    host, port = broker.bootstrap_servers.split(":")
    return serves_metadata(host, int(port), timeout_s)


async def create_topic(broker: Broker) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(PARTITION.topic, 1, 1)])
    await admin.close()


async def produce(broker: Broker, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as producer:
        for value in values:
            await producer.send_and_wait(PARTITION.topic, value, partition=0)


async def consume_from_committed(broker: Broker, count: int) -> list[bytes]:
    """Read *count* records from the group's committed offset on, and commit after the first."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap_servers,
        group_id="reader",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    consumer.assign([PARTITION])
    records = [await asyncio.wait_for(consumer.getone(), 20) for _ in range(count)]
    await consumer.commit({PARTITION: OffsetAndMetadata(records[0].offset + 1, "")})
    await consumer.stop()
    return [record.value for record in records]


async def scram_topics(broker: Broker, password: str) -> list[str]:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=broker.address("SASL"),
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username="alice",
        sasl_plain_password=password,
    )
    try:
        await admin.start()
        return list(await admin.list_topics())
    finally:
        await admin.close()


async def test_messages_and_offsets_survive_a_stop_and_a_new_start(server_dir: Path):
    with Broker(server_dir / "kafka") as first:
        await create_topic(first)
        await produce(first, b"one", b"two")
        assert await consume_from_committed(first, 1) == [b"one"]

    with Broker(server_dir / "kafka") as second:
        assert second.bootstrap_servers == first.bootstrap_servers
        assert await consume_from_committed(second, 1) == [b"two"]


async def test_a_killed_broker_comes_back_with_its_messages_at_the_same_address(server_dir: Path):
    with Broker(server_dir / "kafka") as broker:
        await create_topic(broker)
        await produce(broker, b"one")
        address, pid = broker.bootstrap_servers, broker.pid

        broker.kill()
        assert not broker.is_running
        assert not psutil.pid_exists(pid)
        broker.start()

        assert broker.bootstrap_servers == address
        assert await consume_from_committed(broker, 1) == [b"one"]


def test_a_paused_broker_is_silent_until_it_is_resumed(server_dir: Path):
    with Broker(server_dir / "kafka") as broker:
        broker.pause()
        assert broker.is_running
        assert not serves(broker)

        broker.resume()
        assert serves(broker, timeout_s=30)


def test_a_paused_broker_can_be_stopped(server_dir: Path):
    with Broker(server_dir / "kafka") as broker:
        pid = broker.pid
        broker.pause()
        broker.stop()
        assert not psutil.pid_exists(pid)


def test_a_broker_listens_on_the_loopback_address_alone(server_dir: Path):
    with Broker(server_dir / "kafka") as broker:
        sockets = psutil.Process(broker.pid).net_connections(kind="inet")
        listening = {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN}
        assert {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}


async def test_an_unknown_topic_is_not_created_by_asking_for_it(server_dir: Path):
    with Broker(server_dir / "kafka") as broker:
        with pytest.raises(KafkaError):
            async with AIOKafkaProducer(
                bootstrap_servers=broker.bootstrap_servers, request_timeout_ms=1500
            ) as producer:
                await producer.send_and_wait("unknown", b"lost")
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
        await admin.start()
        assert "unknown" not in await admin.list_topics()
        await admin.close()


async def test_a_further_listener_asks_for_a_scram_password(server_dir: Path):
    with Broker(
        server_dir / "kafka",
        listeners={"SASL": "SASL_PLAINTEXT"},
        scram_users={"alice": "wonderland"},
    ) as broker:
        assert isinstance(await scram_topics(broker, "wonderland"), list)
        with pytest.raises(KafkaError):
            await scram_topics(broker, "looking-glass")


def test_a_broker_that_dies_while_starting_is_reported_with_its_log(server_dir: Path):
    broken = Broker(server_dir / "kafka", properties={"log.roll.ms": "soon"})

    with pytest.raises(StartError, match=r"The Kafka broker ended with status \d") as caught:
        _formatted(server_dir / "kafka")
        broken.start()

    assert "log.roll.ms" in str(caught.value)
    assert not broken.is_running


def test_a_broker_that_does_not_get_ready_in_time_is_stopped(server_dir: Path):
    slow = Broker(server_dir / "kafka", start_timeout_s=0.1)

    with pytest.raises(StartError, match=r"did not answer within 0\.1 s"):
        slow.start()

    assert not slow.is_running


def _formatted(directory: Path) -> None:
    with Broker(directory):
        pass
