"""What may be committed, and how many batches agents may hold."""

import pytest
from aiokafka.structs import ConsumerRecord
from faust.types import TP

from cryptoviz.batch import OrderError, RawBatch
from cryptoviz.outstanding import MOST_UNFINISHED, Outstanding, queue_size

ZERO, ONE = TP("source", 0), TP("source", 1)


def a_batch(*offsets):
    return RawBatch(
        ZERO,
        [ConsumerRecord("source", 0, n, 0, 0, None, b"", None, 0, 0, ()) for n in offsets],
    )


def handed_over(*batches, tp=ZERO):
    outstanding = Outstanding()
    for batch in batches:
        outstanding.add(tp, batch)
    return outstanding


def test_nothing_is_committed_behind_an_unfinished_batch():
    first, second, third = a_batch(0, 1), a_batch(2, 5), a_batch(6)
    outstanding = handed_over(first, second, third)

    third.finish()
    assert list(outstanding.finished()) == []
    assert outstanding.pop_finished(ZERO) is None

    first.finish()
    assert list(outstanding.finished()) == [ZERO]
    assert outstanding.pop_finished(ZERO) == 2

    second.finish()
    assert outstanding.pop_finished(ZERO) == 7
    assert list(outstanding.finished()) == []


def test_offsets_without_a_record_are_committed_once_everything_before_them_is_finished():
    batch = a_batch(0, 1)
    outstanding = handed_over(batch)
    outstanding.reach(ZERO, 4)

    assert list(outstanding.finished()) == []
    batch.finish()
    assert outstanding.pop_finished(ZERO) == 4
    assert list(outstanding.finished()) == []

    outstanding.reach(ZERO, 6)
    assert list(outstanding.finished()) == [ZERO]
    assert outstanding.pop_finished(ZERO) == 6


def test_a_batch_behind_offsets_without_a_record_holds_them_back_until_it_is_finished():
    outstanding = handed_over()
    outstanding.reach(ZERO, 4)
    batch = a_batch(4)
    outstanding.add(ZERO, batch)

    assert outstanding.pop_finished(ZERO) is None
    batch.finish()
    assert outstanding.pop_finished(ZERO) == 5


def test_a_partition_is_full_of_unfinished_batches_alone():
    batches = [a_batch(number) for number in range(MOST_UNFINISHED + 1)]
    outstanding = handed_over(*batches[:-1])

    assert outstanding.is_full(ZERO)
    assert not outstanding.is_full(ONE)
    batches[0].finish()
    assert not outstanding.is_full(ZERO)
    outstanding.add(ZERO, batches[-1])
    assert outstanding.is_full(ZERO)


def test_what_is_read_again_is_not_committed_by_the_batches_of_before():
    batch = a_batch(0, 1)
    outstanding = handed_over(batch)
    outstanding.reach(ZERO, 9)
    outstanding.forget(ZERO)

    batch.finish()
    assert list(outstanding.finished()) == []
    assert outstanding.pop_finished(ZERO) is None


def test_the_queue_of_a_topic_stays_below_the_size_at_which_faust_pauses_partitions():
    # Faust's queues are under pressure from 4/5 of their size on.
    assert queue_size(4) / 1.25 > 4 * MOST_UNFINISHED


def test_no_batch_is_taken_before_the_one_before_it_is_finished():
    first, second = a_batch(0), a_batch(1)
    handed_over(first, second)
    first.take()

    with pytest.raises(OrderError, match="What is before offset 1 of source, partition 0"):
        second.take()
    first.finish()
    second.take()


def test_no_batch_is_taken_twice():
    batch = a_batch(0)
    batch.take()

    with pytest.raises(OrderError, match="Two agents read source, partition 0"):
        batch.take()


def test_a_batch_that_is_read_again_knows_it():
    committed, first, second = a_batch(0), a_batch(1), a_batch(2)
    outstanding = handed_over(committed, first, second)
    committed.finish()
    outstanding.pop_finished(ZERO)

    outstanding.clear()

    assert [batch.dropped for batch in (committed, first, second)] == [False, True, True]
