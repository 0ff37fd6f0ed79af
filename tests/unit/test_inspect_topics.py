"""What `cryptoviz topics` says of a topic: fits, missing, or what is wrong with it."""

import pytest

from cryptoviz.inspection.topic_state import compare
from cryptoviz.provision import TopicSpec

SPEC = TopicSpec("t-changelog", 4, {"cleanup.policy": "compact"})
FITTING = {"cleanup.policy": "compact", "retention.ms": "604800000"}


def partitions(count, replicas=(1, 2, 3)):
    return [{"replicas": replicas} for _ in range(count)]


def test_a_topic_that_fits_is_ok():
    state = compare(SPEC, partitions(4), FITTING)

    assert (state.state, state.partitions, state.replicas) == ("ok", 4, 3)
    assert (state.cleanup, state.retention) == ("compact", "last of each key")


def test_a_topic_that_is_not_there_is_missing():
    assert compare(SPEC, None, {}).state == "missing"


def test_another_partition_count_is_told_with_both_numbers():
    assert compare(SPEC, partitions(7), FITTING).state == "has 7 partitions, needs 4"


def test_a_changelog_that_kafka_would_delete_from_is_told():
    state = compare(SPEC, partitions(4), {**FITTING, "cleanup.policy": "delete"})

    assert state.state == "cleanup.policy is delete, should be compact"


@pytest.mark.parametrize(
    ("ms", "text"), [("-1", "for ever"), ("604800000", "7 d"), ("3600000", "0.0416667 d")]
)
def test_retention_is_told_in_days(ms, text):
    state = compare(
        TopicSpec("raw", 1), partitions(1), {"cleanup.policy": "delete", "retention.ms": ms}
    )

    assert (state.state, state.retention) == ("ok", text)
