"""Topics that fit what the application needs, and those that do not."""

import logging
from types import SimpleNamespace

import pytest

from cryptoviz import provision
from cryptoviz.settings import load
from cryptoviz.topic_admin import ProvisionError, look
from cryptoviz.topic_fit import TopicFound, TopicSpec, flaws, reassignment, to_set
from cryptoviz.topics import CHANGELOG_CONFIG, DAY_MS, REJECTED_CONFIG, STREAM_CONFIG

CHANGELOG = TopicSpec("t-changelog", 2, CHANGELOG_CONFIG)
RESULTS = TopicSpec("t-results", 2, STREAM_CONFIG)
REJECTED = TopicSpec("t-rejected", 2, REJECTED_CONFIG)
SOURCE = TopicSpec("raw", 2, own=False)
SETTINGS = load({"KAFKA_BOOTSTRAP_SERVERS": "one:9092", "KAFKA_REPLICATION_FACTOR": "2"})


def a_topic(policy, days, replicas=((1, 2), (2, 1)), largest="1048588"):
    ms = -1 if days is None else round(days * DAY_MS)
    config = {"cleanup.policy": policy, "retention.ms": str(ms), "max.message.bytes": largest}
    return TopicFound(replicas, config)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        (CHANGELOG, a_topic("compact", 0.1)),
        (RESULTS, a_topic("delete", 7)),
        (RESULTS, a_topic("delete", 90)),
        (RESULTS, a_topic("delete", None)),
        (RESULTS, a_topic("delete", 7, replicas=((1, 2, 3), (3, 2, 1)))),
        (SOURCE, a_topic("compact,delete", 0.1, replicas=((1,), (1,)))),
        (RESULTS, TopicFound(((1, 2), (2, 1)), None)),
        (REJECTED, a_topic("delete", 30, largest="100000000")),
    ],
)
def test_what_keeps_all_that_must_be_kept_fits(spec, found):
    assert list(flaws(spec, found, 2)) == []
    assert to_set(spec, found) == {}


@pytest.mark.parametrize(
    ("spec", "found", "said"),
    [
        (CHANGELOG, a_topic("delete", 7), "cleanup.policy is delete, should be compact"),
        (CHANGELOG, a_topic("compact,delete", 7), "cleanup.policy is compact,delete, should be "
         "compact"),
        (RESULTS, a_topic("compact", 7), "cleanup.policy is compact, should be delete"),
        (RESULTS, a_topic("delete", 1), "retention.ms is 86400000, should be at least 604800000"),
        (RESULTS, a_topic("delete", 7, ((1, 2), (1,))), "has 1 replicas, needs 2"),
        (REJECTED, a_topic("delete", 30), "max.message.bytes is 1048588, should be at least "
         "67108864"),
        (SOURCE, a_topic("delete", 7, ((1,),) * 3), "has 3 partitions, needs 2"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_what_is_needed(spec, found, said):
    assert [flaw.said for flaw in flaws(spec, found, 2)] == [said]
    with pytest.raises(ProvisionError, match=said.split()[-1]):
        provision.check([spec], {spec.name: found}, SETTINGS)


def test_a_refused_start_names_the_command_that_mends_it():
    def command(spec, found):
        with pytest.raises(ProvisionError) as refused:
            provision.check([CHANGELOG, spec], {spec.name: found}, SETTINGS)
        return str(refused.value).split("`")[1]

    on = "--bootstrap-server one:9092"
    assert command(RESULTS, a_topic("delete", 1)) == "cryptoviz topics --mend"
    assert command(SOURCE, a_topic("delete", 7, ((1,),) * 3)) == "export TOPIC_PARTITIONS=3"
    assert command(RESULTS, a_topic("delete", 7, ((1, 2),))) == (
        f"kafka-topics.sh {on} --delete --topic t-results"
    )
    assert command(RESULTS, a_topic("delete", 7, ((1,), (2,)))) == (
        f"cryptoviz topics --reassign > plan.json && kafka-reassign-partitions.sh {on} "
        "--reassignment-json-file plan.json --execute"
    )


def test_a_command_of_kafkas_own_is_named_with_what_it_needs_to_log_in():
    settings = SETTINGS.model_copy(update={"kafka_security_protocol": "SASL_SSL"})
    wrong = (
        {RESULTS.name: a_topic("delete", 7, ((1,), (2,)))},
        {RESULTS.name: a_topic("delete", 7, ((1, 2),))},
    )

    for found in wrong:
        with pytest.raises(ProvisionError) as refused:
            provision.check([RESULTS], found, settings)
        assert ".sh --bootstrap-server one:9092 --command-config client.properties --" in str(
            refused.value
        )
        assert str(refused.value).endswith("security.protocol=SASL_SSL and what goes with it.")


def test_a_source_is_named_before_the_topics_that_follow_it():
    three = a_topic("compact", 7, ((1, 2),) * 3)

    with pytest.raises(ProvisionError, match="Topic raw has 3 partitions where 2 are needed"):
        provision.check([CHANGELOG, SOURCE], {"raw": three, CHANGELOG.name: three}, SETTINGS)


def test_a_reassignment_keeps_replicas_and_spreads_those_that_are_added():
    found = {"a": a_topic("compact", 7, ((1,), (1,), (2, 3))), "b": a_topic("compact", 7, ((3,),))}

    plan = reassignment(found, {1, 2, 3}, 2)

    moved = {(each["topic"], each["partition"]): each["replicas"] for each in plan["partitions"]}
    assert plan["version"] == 1
    assert moved == {("a", 0): [1, 2], ("a", 1): [1, 2], ("b", 0): [3, 1]}
    with pytest.raises(ValueError, match="and there are 3"):
        reassignment(found, {1, 2, 3}, 4)


class Denying:
    """A cluster that shows its topics to this client, but not how the second one is kept."""

    async def list_topics(self):
        return ["one", "two", "other"]

    async def describe_topics(self, names):
        partitions = [{"partition": 1, "replicas": [2]}, {"partition": 0, "replicas": [1]}]
        return [{"topic": name, "error_code": 0, "partitions": partitions} for name in names]

    async def describe_configs(self, _):
        entries = [("cleanup.policy", "compact", False, 5, False, [])]
        resources = [(0, None, 2, "one", entries), (29, "denied", 2, "two", [])]
        return [SimpleNamespace(resources=resources)]


async def test_a_configuration_that_may_not_be_seen_is_not_judged_and_that_is_said(caplog):
    with caplog.at_level(logging.WARNING):
        found = await look(Denying(), ["one", "two", "missing"])

    assert found == {
        "one": TopicFound(((1,), (2,)), {"cleanup.policy": "compact"}),
        "two": TopicFound(((1,), (2,)), None),
    }
    assert "(DescribeConfigs)" in caplog.text
    assert caplog.text.rstrip().endswith("is not checked: two.")
