"""The topics that must exist: one partition count for sources, tables and internal topics."""

import pytest

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.settings import load

# Tables are known when their modules are imported.
app.discover()


@pytest.fixture(params=[1, 4, 12])
def specs(request):
    return {
        spec.name: spec for spec in topics.specs(load({"TOPIC_PARTITIONS": str(request.param)}))
    }, request.param


def test_all_topics_but_those_of_the_leader_election_share_one_partition_count(specs):
    by_name, count = specs
    leaders = {name for name in by_name if name.endswith("__assignor-__leader")}

    assert {by_name[name].partitions for name in leaders} == {1}
    assert {by_name[name].partitions for name in set(by_name) - leaders} == {count}


def test_every_batched_topic_and_every_changelog_is_among_them(specs):
    by_name, _ = specs

    assert app.batched_topics < set(by_name)
    assert app.tables.changelog_topics < set(by_name)
    assert len(app.tables.changelog_topics) >= 5


def test_changelogs_are_compacted_and_never_deleted(specs):
    by_name, _ = specs

    for name in app.tables.changelog_topics:
        assert by_name[name].config["cleanup.policy"] == "compact"


def test_the_topics_of_others_are_made_with_the_configuration_of_the_cluster(specs):
    by_name, _ = specs

    assert not by_name[load({}).topic_rawtrade].config
