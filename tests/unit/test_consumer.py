"""The batched consumer between Kafka and Faust, with neither of them running."""

import asyncio

import pytest
from aiokafka.structs import ConsumerRecord
from faust.transport.consumer import Consumer as StockConsumer
from faust.transport.consumer import ThreadDelegateConsumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

from cryptoviz.app import BatchedApp
from cryptoviz.batch import RawBatch
from cryptoviz.consumer_client import ConsumerClient

SOURCE, CHANGELOG = TP("source", 0), TP("changelog", 0)


def records(tp, *offsets):
    return [ConsumerRecord(*tp, n, 1_500, 0, b"k", b"v", None, 1, 1, ()) for n in offsets]


@pytest.fixture
async def consumer(tmp_path):
    app = BatchedApp("unit", broker="batched://127.0.0.1:1", datadir=str(tmp_path))
    app.batched_topics.add("source")
    app.finalize()
    return app.consumer


@pytest.fixture(autouse=True)
def reached(consumer, monkeypatch):
    """Where the next fetch of a partition begins."""
    positions = {}
    monkeypatch.setattr(consumer._thread, "reached", positions.get)
    return positions


@pytest.fixture
def fetched(monkeypatch):
    """What Faust's own fetching returns next."""
    found = {}

    async def wait_next_records(self, timeout):
        return dict(found), set(found)

    monkeypatch.setattr(StockConsumer, "_wait_next_records", wait_next_records)
    return found


@pytest.fixture
def asked(monkeypatch):
    """What the consumer's client was asked to fetch, and for how long it may wait."""
    calls = []
    monkeypatch.setattr(ConsumerClient, "want", lambda self, tps: None)

    async def getmany(self, active_partitions, timeout):
        calls.append((active_partitions, timeout))
        return {}

    monkeypatch.setattr(ThreadDelegateConsumer, "_getmany", getmany)
    return calls


@pytest.fixture
def sought(consumer, monkeypatch):
    """Where reading was sent to."""
    calls = []

    async def seek_wait(partitions):
        calls.append(partitions)

    monkeypatch.setattr(consumer, "seek_wait", seek_wait)
    monkeypatch.setattr(consumer, "assignment", lambda: {SOURCE, CHANGELOG})
    return calls


async def test_the_records_of_a_batched_partition_become_one_message_at_the_last_offset(
    consumer, fetched
):
    fetched |= {SOURCE: records(SOURCE, 3, 4, 9), CHANGELOG: records(CHANGELOG, 1, 2)}
    found, _ = await consumer._wait_next_records(1.0)
    (batch,) = found[SOURCE]
    message = consumer._to_message(SOURCE, batch)

    assert (message.tp, message.offset, message.timestamp) == (SOURCE, 9, 1.5)
    assert message.value is batch
    assert (batch.first, batch.next) == (3, 10)
    assert found[CHANGELOG] == fetched[CHANGELOG]
    assert consumer._to_message(CHANGELOG, found[CHANGELOG][0]).value == b"v"


async def test_a_batch_says_where_its_reading_began(consumer, fetched):
    fetched[SOURCE] = records(SOURCE, 3, 4)
    (first,) = (await consumer._wait_next_records(1.0))[0][SOURCE]
    fetched[SOURCE] = records(SOURCE, 8, 9)
    (second,) = (await consumer._wait_next_records(1.0))[0][SOURCE]

    assert (first.position, second.position) == (3, 5)


async def test_what_arrives_during_a_rebalance_is_not_handed_over_but_read_again(
    consumer, fetched, sought
):
    consumer.app.rebalancing = True
    fetched |= {SOURCE: records(SOURCE, 3, 4), CHANGELOG: records(CHANGELOG, 1)}
    for _ in range(2):
        found, _ = await consumer._wait_next_records(1.0)
        assert not found[SOURCE]
        assert found[CHANGELOG]
        fetched[SOURCE] = records(SOURCE, 5)
    assert not sought

    consumer.app.rebalancing = False
    await consumer._wait_next_records(1.0)
    assert sought == [{SOURCE: 3}]


async def test_batched_partitions_are_not_fetched_during_a_rebalance(consumer, asked):
    consumer.app.rebalancing = True
    await consumer._getmany({SOURCE, CHANGELOG}, 1.0)
    ((partitions, timeout_s),) = asked

    assert partitions == {CHANGELOG}
    assert timeout_s < 0.1


async def test_a_consumer_whose_partitions_are_all_held_back_asks_for_none_but_keeps_asking(
    consumer, asked
):
    consumer.app.rebalancing = True
    await consumer._getmany({SOURCE}, 1.0)
    ((partitions, timeout_s),) = asked

    # Faust and aiokafka take an empty set for all partitions.
    assert partitions
    assert not partitions & {SOURCE, CHANGELOG}
    assert timeout_s == 0


async def test_a_partition_is_fetched_again_when_a_batch_is_finished(consumer, asked):
    batches = [RawBatch(SOURCE, records(SOURCE, n)) for n in range(2)]
    for batch in batches:
        consumer._to_message(SOURCE, batch)
    await consumer._getmany({SOURCE, CHANGELOG}, 1.0)
    batches[0].finish()
    await consumer._getmany({SOURCE, CHANGELOG}, 1.0)

    assert [partitions for partitions, _ in asked] == [{CHANGELOG}, {SOURCE, CHANGELOG}]
    assert asked[1][1] == 1.0


async def test_a_rewind_drops_what_was_handed_over_and_commits_nothing_of_it(
    consumer, fetched, sought
):
    batch = RawBatch(SOURCE, records(SOURCE, 7))
    consumer._to_message(SOURCE, batch)
    batch.finish()
    consumer.rewind(SOURCE, 2)

    assert consumer._new_offset(SOURCE) is None
    await consumer._wait_next_records(1.0)
    assert sought == [{SOURCE: 2}]
    assert consumer._new_offset(SOURCE) is None
    assert list(consumer._filter_tps_with_pending_acks()) == []


async def test_a_rewind_goes_back_to_what_agents_have_not_finished(consumer, fetched, sought):
    first, second = (RawBatch(SOURCE, records(SOURCE, n)) for n in (7, 8))
    for batch in (first, second):
        consumer._to_message(SOURCE, batch)
    first.finish()
    consumer.rewind(SOURCE, 9)

    await consumer._wait_next_records(1.0)

    assert sought == [{SOURCE: 8}]
    assert second.dropped


async def test_nothing_is_sought_in_a_partition_that_has_gone_to_another_worker(
    consumer, fetched, sought
):
    consumer.rewind(TP("source", 3), 2)

    await consumer._wait_next_records(1.0)

    assert sought == []
    assert consumer._rewinds == {}


@pytest.mark.parametrize("is_overtaken", [False, True])
async def test_only_what_has_no_commit_is_read_from_its_start(consumer, monkeypatch, is_overtaken):
    begun = []

    async def perform_seek(self):
        self.app.consumer_generation_id += is_overtaken

    async def seek_to_beginning(*tps):
        begun.extend(tps)

    monkeypatch.setattr(StockConsumer, "perform_seek", perform_seek)
    monkeypatch.setattr(consumer._thread, "seek_to_beginning", seek_to_beginning)
    monkeypatch.setattr(consumer, "assignment", lambda: {SOURCE, TP("source", 1)})
    consumer._committed_offset[TP("source", 1)] = 9

    await consumer.perform_seek()

    # Of what a rebalance has assigned meanwhile nobody has looked the commit up here.
    assert begun == ([] if is_overtaken else [SOURCE])


async def test_offsets_without_records_are_committed_when_the_batch_before_them_is_finished(
    consumer, fetched, reached
):
    fetched[SOURCE] = records(SOURCE, 0, 1)
    (batch,) = (await consumer._wait_next_records(1.0))[0][SOURCE]
    consumer._to_message(SOURCE, batch)
    fetched.clear()
    reached[SOURCE] = 5
    await consumer._wait_next_records(1.0)
    assert consumer._new_offset(SOURCE) is None

    batch.finish()
    assert consumer._new_offset(SOURCE) == 5


@pytest.mark.parametrize("state", ["rebalancing", "stopped flow"])
async def test_how_far_reading_has_come_says_nothing_while_records_are_being_dropped(
    consumer, fetched, reached, state
):
    fetched[SOURCE] = records(SOURCE, 0, 1)
    (batch,) = (await consumer._wait_next_records(1.0))[0][SOURCE]
    consumer._to_message(SOURCE, batch)
    batch.finish()
    fetched.clear()
    reached[SOURCE] = 5
    if state == "rebalancing":
        consumer.app.rebalancing = True
    else:
        consumer.stop_flow()
    await consumer._wait_next_records(1.0)

    assert consumer._new_offset(SOURCE) == 2


async def test_commits_may_be_limited_to_topics_and_partitions(consumer):
    batch = RawBatch(SOURCE, records(SOURCE, 7))
    consumer._to_message(SOURCE, batch)
    batch.finish()
    consumer._acked[CHANGELOG].append(1)
    consumer._acked[SOURCE].append(7)

    assert list(consumer._filter_tps_with_pending_acks()) == [CHANGELOG, SOURCE]
    assert list(consumer._filter_tps_with_pending_acks({"source"})) == [SOURCE]
    assert list(consumer._filter_tps_with_pending_acks({SOURCE})) == [SOURCE]
    assert list(consumer._filter_tps_with_pending_acks({"changelog"})) == [CHANGELOG]


async def test_gaps_are_counted_for_topics_that_are_not_batched_alone(consumer):
    for tp in (SOURCE, CHANGELOG):
        await consumer._add_gap(tp, 5, 9)

    assert SOURCE not in consumer._gap
    assert consumer._gap[CHANGELOG]


async def test_acknowledgements_of_batches_do_not_pile_up(consumer):
    consumer._acked[SOURCE] += [1, 2]
    consumer._acked_index[SOURCE] |= {1, 2}
    consumer._new_offset(SOURCE)

    assert SOURCE not in consumer._acked
    assert SOURCE not in consumer._acked_index


async def test_records_are_sent_idempotently_and_acknowledged_by_all_replicas(consumer):
    settings = consumer.app.producer._settings_extra()

    assert settings == {"acks": "all", "enable_idempotence": True}


async def test_a_partition_whose_position_is_not_known_yet_is_not_looked_at(
    consumer, reached, monkeypatch
):
    looked_at = []
    monkeypatch.setattr(
        AIOKafkaConsumerThread, "verify_event_path", lambda self, now, tp: looked_at.append(tp)
    )

    consumer.verify_event_path(1.0, SOURCE)
    reached[SOURCE] = 5
    consumer.verify_event_path(2.0, SOURCE)

    assert looked_at == [SOURCE]


async def test_a_message_is_handed_over_at_once_or_when_there_is_room(consumer):
    log, room, rebalance = [], asyncio.Event(), asyncio.Event()

    async def hand_over(message, wait=False):
        if wait:
            await room.wait()
        log.append(message)

    await consumer.wait_first(hand_over("one"), rebalance.wait())
    assert log == ["one"]
    handing_over = asyncio.create_task(
        consumer.wait_first(hand_over("two", wait=True), rebalance.wait())
    )
    await asyncio.sleep(0)
    room.set()
    await handing_over
    assert log == ["one", "two"]
    room.clear()
    rebalance.set()
    await consumer.wait_first(hand_over("three", wait=True), rebalance.wait())
    assert log == ["one", "two"]
