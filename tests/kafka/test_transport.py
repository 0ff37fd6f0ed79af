"""The batched transport against a real broker: what is handed over, and what is committed."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer

from tests.kafka.deployment import PARTITIONS
from tests.waiting import eventually

CYTHON = pytest.mark.parametrize("no_cython", ["", "1"], ids=["cython", "python"])


def each_once(count, partitions=PARTITIONS):
    return {partition: list(range(count)) for partition in range(partitions)}


def every(count):
    return {(partition, offset) for partition in range(PARTITIONS) for offset in range(count)}


@CYTHON
async def test_the_lag_reaches_0_in_every_partition_and_each_record_is_seen_once(
    deployment, no_cython
):
    with deployment.worker(NO_CYTHON=no_cython):
        await deployment.send(deployment.source, [b"x"] * 500)
        await deployment.drained()

        assert deployment.notes("end") == each_once(500)
        assert await deployment.committed() == dict.fromkeys(range(PARTITIONS), 500)


async def test_the_lag_reaches_0_across_holes_in_the_offsets(deployment):
    await deployment.create(deployment.source)
    # The marker that ends a transaction takes an offset, and an aborted one leaves a hole of ten.
    producer = AIOKafkaProducer(
        bootstrap_servers=deployment.broker.bootstrap_servers, transactional_id=deployment.name
    )
    await producer.start()
    for _ in range(3):
        async with producer.transaction():
            await producer.send_and_wait(deployment.source, b"kept", partition=0)
    await producer.stop()

    with deployment.worker():
        await deployment.drained()
        await deployment.send(deployment.source, [b"later"], [0])
        await deployment.drained()

        assert deployment.notes("end")[0] == [0, 2, 4, 6]
        assert (await deployment.committed())[0] == 7


async def test_only_what_an_agent_has_finished_is_committed(deployment):
    with deployment.worker(MAX_POLL_RECORDS="10"):
        await deployment.send(deployment.source, [b"x"] * 20, [0])
        await deployment.drained()
        deployment.switch_on(f"stall-{deployment.source}")
        await deployment.send(deployment.source, [b"x"] * 30, [0, 1])
        await deployment.send(deployment.other, [b"x"] * 30)
        # When this is committed, commits have been made beside the stalled batches.
        await deployment.drained(deployment.other)
        begun = await eventually(
            lambda: len(deployment.notes("begin")[0]) > 20 and deployment.notes("begin"), "work"
        )

        assert deployment.notes("end") == {0: list(range(20))}
        assert begun[0][20] == 20
        assert await deployment.committed() == {0: 20, 1: 0, 2: 0, 3: 0}

        deployment.switch_off(f"stall-{deployment.source}")
        await deployment.drained()
        assert deployment.notes("end") == {0: list(range(50)), 1: list(range(30))}


async def test_a_stalled_agent_holds_two_batches_a_partition_and_stops_no_other_topic(deployment):
    deployment.switch_on(f"stall-{deployment.source}")
    with deployment.worker(MAX_POLL_RECORDS="10") as worker:
        await deployment.send(deployment.source, [b"x"] * 2_000)
        await eventually(
            lambda: worker.get("/state/")["batches"] == 2 * PARTITIONS, "two batches a partition"
        )
        for _ in range(3):
            await deployment.send(deployment.other, [b"x"] * 100)
            await deployment.drained(deployment.other)

        assert worker.get("/state/")["batches"] == 2 * PARTITIONS
        deployment.switch_off(f"stall-{deployment.source}")
        await deployment.drained()
        assert deployment.notes("end") == each_once(2_000)


@CYTHON
async def test_topics_that_are_not_batched_get_stock_events_acks_and_gaps(deployment, no_cython):
    await deployment.create(deployment.plain)
    producer = AIOKafkaProducer(
        bootstrap_servers=deployment.broker.bootstrap_servers, transactional_id=deployment.name
    )
    await producer.start()
    for _ in range(3):
        async with producer.transaction():
            await producer.send_and_wait(deployment.plain, b"kept", partition=0)
    await producer.stop()

    with deployment.worker(NO_CYTHON=no_cython) as worker:
        await deployment.send(deployment.plain, [b"x"] * 50, [1])
        await deployment.send(deployment.source, [b"x"] * 50)
        await deployment.drained(deployment.source)
        # Stock Faust never commits the marker behind the last record.
        await deployment.send(deployment.plain, [b"last"], [0])
        await deployment.drained(deployment.plain)

        assert deployment.notes("plain", deployment.plain) == {0: [0, 2, 4, 6], 1: list(range(50))}
        state = worker.get("/state/")
        assert set(state["gaps"]) <= {deployment.plain}
        assert not any(state["acked"].get(f"{deployment.source}") or ())
        assert state["fetch_max_wait_ms"] == 100
        changelogs = {topic for topic in state["assigned"] if topic.endswith("-changelog")}
        assert changelogs
        assert set(state["assigned"]) - set(state["asked_for"]) == changelogs


async def test_going_back_reads_again_also_where_nothing_was_committed(deployment):
    deployment.switch_on(f"stall-{deployment.source}")
    await deployment.create(deployment.source)
    await deployment.send(deployment.source, [b"x"] * 10)
    with deployment.worker() as worker:
        await eventually(lambda: worker.get("/state/")["batches"] == PARTITIONS, "reading")
        worker.get("/seek/")
        deployment.switch_off(f"stall-{deployment.source}")
        twice = {number: [*range(10), *range(10)] for number in range(PARTITIONS)}
        await eventually(lambda: deployment.notes("end") == twice, "reading again")
        await deployment.drained()


@CYTHON
async def test_an_agent_that_raises_ends_the_process_and_its_batch_is_processed_again(
    deployment, no_cython
):
    deployment.switch_on("raise")
    worker = deployment.worker(NO_CYTHON=no_cython, MAX_POLL_RECORDS="10")
    worker.start()
    await deployment.send(deployment.source, [b"x"] * 25 + [b"raise"] + [b"x"] * 500)
    status = await asyncio.to_thread(worker.child.wait, 60)

    assert status == 1, worker.tail()
    assert "an agent's bug" in worker.log
    for partition, offset in (await deployment.committed()).items():
        assert offset <= 25
        # Rows hold the last offset folded into them: what is skipped now is skipped for ever.
        assert max(deployment.notes("end").get(partition, [0])) < 25

    deployment.switch_off("raise")
    worker.stop()
    with worker:
        await deployment.drained()
    seen = deployment.notes("end")
    assert {partition: sorted(set(offsets)) for partition, offsets in seen.items()} == each_once(
        526
    )


async def test_a_decoder_that_raises_ends_the_process_and_nothing_is_lost(deployment):
    deployment.switch_on("poison")
    worker = deployment.worker()
    worker.start()
    await deployment.send(deployment.source, [b"x"] * 5, [0])
    await deployment.drained()
    await deployment.send(deployment.source, [b"poison"] + [b"x"] * 5, [0])
    status = await asyncio.to_thread(worker.child.wait, 60)

    assert status == 1, worker.tail()
    assert "a poisoned record" in worker.log
    assert (await deployment.committed())[0] == 5

    deployment.switch_off("poison")
    worker.stop()
    with worker:
        await deployment.drained()
    assert deployment.notes("end")[0] == list(range(11))


async def test_two_agents_on_one_batched_topic_end_the_process_with_a_sentence(deployment):
    worker = deployment.worker(SECOND_READER="1")
    worker.start()
    await deployment.send(deployment.source, [b"x"] * 5, [0])
    status = await asyncio.to_thread(worker.child.wait, 60)

    assert status == 1, worker.tail()
    assert f"Two agents read {deployment.source}, partition 0; a batched topic has one." in (
        worker.log
    )


async def test_every_finished_batch_has_its_results_and_rows_in_kafka(deployment):
    with deployment.worker():
        await deployment.send(deployment.source, [b"x"] * 200)
        await deployment.drained()

        assert await deployment.results() == every(200)
        assert await deployment.rows() == dict.fromkeys(range(PARTITIONS), 199)
