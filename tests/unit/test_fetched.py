"""Taking what was fetched a batch at a time, beside aiokafka's own way, record by record."""

import gc
import weakref
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_UNCOMMITTED, FetchError, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz.fetched import Fetched

SOURCE, PLAIN = TopicPartition("source", 3), TopicPartition("plain", 0)


class Assignment:
    """Where a partition is read from, as aiokafka's subscription keeps it."""

    active = True

    def __init__(self, position):
        self.state = SimpleNamespace(position=position, paused=False, consumed_to=self._consume)

    def _consume(self, position):
        self.state.position = position

    def state_value(self, tp):
        return self.state


def batch_of(first, count, holes=()):
    """Return the bytes of a batch of *count* offsets; compaction has taken those of *holes*."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1_000_000,
    )
    for number in range(count):
        if number not in holes:
            value = None if number % 5 == 4 else b"v%d" % number
            builder.append(number, 1_000 + number, b"k", value, [("name", b"h")][: number % 2])
    encoded = builder.build()
    encoded[:8] = first.to_bytes(8, "big")
    return bytes(encoded)


def fetched(data, position, tp=SOURCE):
    records = PartitionRecords(
        tp, MemoryRecords(data), None, position, None, None, True, READ_UNCOMMITTED
    )
    return FetchResult(tp, assignment=Assignment(position), partition_records=records, backoff=0.1)


def taken_whole(data, position=0):
    results = Fetched({"source"}, frozenset().__contains__)
    results[SOURCE] = fetched(data, position)
    return results[SOURCE]


def content(record):
    headers = tuple(record.headers)
    return record.offset, record.timestamp, record.key, record.value, headers, record.timestamp_type


sizes = st.lists(st.integers(1, 12), min_size=1, max_size=5)


@given(sizes, st.integers(0, 12), st.sets(st.integers(1, 11)), st.lists(st.integers(1, 9)))
def test_the_same_records_are_taken_and_the_same_positions_reached(counts, skipped, holes, mosts):
    firsts = [sum(counts[:number]) for number in range(len(counts))]
    data = b"".join(map(lambda *of: batch_of(*of, holes), firsts, counts))
    position = min(skipped, counts[0] - 1)
    whole, stock = taken_whole(data, position), fetched(data, position)

    for most in [*mosts, None, 1]:
        # aiokafka finds out only when it asks again that the last record was the last.
        if stock.has_more():
            expected = list(map(content, stock.getall(most)))
            assert list(map(content, whole.getall(most) if whole.has_more() else [])) == expected
            assert whole._assignment.state.position == stock._assignment.state.position

    assert not whole.has_more()


def test_what_was_fetched_before_a_seek_is_dropped():
    result = taken_whole(batch_of(0, 5))
    result._assignment.state.position = 2

    assert result.getall() == []
    assert not result.has_more()


def test_a_damaged_batch_is_an_error_and_nothing_before_it_is_counted():
    damaged = bytearray(batch_of(3, 3))
    damaged[-1] ^= 1
    result = taken_whole(batch_of(0, 3) + damaged)

    with pytest.raises(CorruptRecordException):
        result.getall()

    assert not result.has_more()
    assert result._assignment.state.position == 0


def test_other_topics_and_errors_are_left_alone():
    results = Fetched({"source"}, frozenset().__contains__)
    results[PLAIN] = fetched(batch_of(0, 2), 0, PLAIN)
    results[SOURCE] = error = FetchError(error=KeyError(), backoff=0.1)

    assert [record.topic for record in results[PLAIN].getall()] == ["plain", "plain"]
    assert results[SOURCE] is error


def test_records_that_nobody_wants_now_keep_no_others_from_being_fetched():
    held_back = set()
    results = Fetched({"source"}, held_back.__contains__)
    results[SOURCE] = fetched(batch_of(0, 2), 0)

    assert 0 < results[SOURCE].calculate_backoff() <= 0.1
    held_back.add(SOURCE)
    assert results[SOURCE].calculate_backoff() == 0


def test_what_is_dropped_before_it_is_taken_frees_its_memory_at_once():
    results = Fetched({"source"}, frozenset().__contains__)
    results[SOURCE] = fetched(batch_of(0, 3), 0)
    kept = weakref.ref(results[SOURCE])

    gc.disable()
    try:
        results.clear()
        assert kept() is None
    finally:
        gc.enable()


def test_it_is_known_of_which_partitions_something_came_lately(monkeypatch):
    now_s = 5.0
    monkeypatch.setattr("time.monotonic", lambda: now_s)
    results = Fetched({"source"}, frozenset().__contains__)
    results[PLAIN] = fetched(batch_of(0, 2), 0, PLAIN)
    now_s = 6.0
    results[SOURCE] = fetched(batch_of(0, 2), 0)
    # Taken or dropped, it came.
    results.clear()

    assert list(results.since(4.5)) == [PLAIN, SOURCE]
    assert list(results.since(5.0)) == [SOURCE]
    assert list(results.since(6.0)) == []


def test_a_partition_whose_records_nobody_wants_now_is_not_one_of_them():
    held_back = {SOURCE}
    results = Fetched({"source"}, held_back.__contains__)
    results[SOURCE] = fetched(batch_of(0, 2), 0)
    results[PLAIN] = fetched(batch_of(0, 2), 0, PLAIN)
    assert list(results.since(0.0)) == [PLAIN]

    del results[SOURCE]
    assert list(results.since(0.0)) == [SOURCE, PLAIN]
