"""What `cryptoviz topics` says of a topic: fits, missing, or what is wrong with it."""

import pytest

from cryptoviz.inspection.topic_state import state_of
from cryptoviz.topic_fit import TopicFound, TopicSpec

SPEC = TopicSpec("t-changelog", 4, {"cleanup.policy": "compact"})
FITTING = {"cleanup.policy": "compact", "retention.ms": "604800000"}


def a_topic(partitions=4, **config):
    changed = {name.replace("_", "."): value for name, value in config.items()}
    return TopicFound(((1, 2, 3),) * partitions, {**FITTING, **changed})


def test_a_topic_that_fits_is_ok():
    state = state_of(SPEC, a_topic(), 3)

    assert (state.state, state.replicas, state.partitions) == ("ok", 3, 4)
    assert (state.cleanup, state.retention) == ("compact", "last of each key")


def test_a_topic_that_is_not_there_is_missing():
    state = state_of(SPEC, None, 1)

    assert (state.state, state.partitions, state.retention) == ("missing", None, None)


def test_all_that_is_wrong_is_told():
    state = state_of(SPEC, a_topic(7, cleanup_policy="delete"), 4)

    assert state.state == (
        "has 7 partitions, needs 4; cleanup.policy is delete, should be compact; "
        "has 3 replicas, needs 4"
    )


@pytest.mark.parametrize(
    ("ms", "text"), [("-1", "for ever"), ("604800000", "7 d"), ("3600000", "0.0416667 d")]
)
def test_retention_is_told_in_days(ms, text):
    found = a_topic(cleanup_policy="delete", retention_ms=ms)

    assert state_of(TopicSpec("raw", 4, own=False), found, 1).retention == text
