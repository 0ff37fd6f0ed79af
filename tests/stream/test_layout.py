"""What is on disk is what the worker runs: nothing is left out without a word."""

from pathlib import Path

import pytest

from cryptoviz.app import SINK_MODULES, STREAM_MODULES, app, sink

ROOT = Path(__file__).parents[2]
# Modules that register nothing themselves; those that do import them.
SUPPORT = {
    "agents.receiving",
    "agents.rejections",
    "tables.folding",
    "tables.late",
    "tables.memory",
    "tables.outlet",
    "tables.recovery",
    "tables.rows",
    "tables.sizes",
    "tables.windowed",
    "web.answering",
    "web.answers",
    "web.cache",
    "web.channels",
    "web.connections",
    "web.database",
    "web.formats",
    "web.forward",
    "web.json_schema",
    "web.known",
    "web.laid_over",
    "web.live_rows",
    "web.measures",
    "web.operation",
    "web.overlay",
    "web.pages",
    "web.parameters",
    "web.queries",
    "web.registry",
    "web.result_rows",
    "web.rows_here",
    "web.sent_schemas",
    "web.shapes",
    "web.snapshot",
    "web.socket_messages",
    "web.sockets",
    "web.stored",
    "web.table_rows",
    "web.table_states",
    "web.topic_channels",
    "web.whole_range",
    "web.wire",
}


@pytest.fixture(scope="module", autouse=True)
def _discovered():
    for each in (app, sink):
        each.finalize()
        each.discover()


def modules_on_disk():
    return {
        f"{path.parent.name}.{path.stem}"
        for folder in ("agents", "tables", "web")
        for path in (ROOT / folder).glob("*.py")
        if path.stem != "__init__"
    }


def test_every_module_is_discovered_or_known_to_register_nothing():
    assert modules_on_disk() == {*STREAM_MODULES, *SINK_MODULES} | SUPPORT


def test_each_raw_topic_has_one_agent_in_each_app():
    for each in (app, sink):
        topics = [topic for agent in each.agents.values() for topic in agent.get_topic_names()]
        assert len(topics) == len(set(topics)), topics
        assert {"rawticker", "rawtrade", "rawarticle", "rawalert"} <= set(topics)


def test_every_agent_and_table_says_what_it_is_for():
    for each in (app, sink):
        for agent in each.agents.values():
            assert agent.help, agent.name
        for table in each.tables.values():
            assert table.help, table.name


def test_every_table_has_a_changelog_that_is_made_up_front():
    needed = {spec.name: spec for spec in app.needed_topics()}

    for table in app.tables.values():
        spec = needed[table.changelog_topic_name]
        assert spec.config["cleanup.policy"] == "compact"
        assert spec.partitions == app.conf.topic_partitions


def test_every_batched_topic_has_exactly_one_agent():
    for each in (app, sink):
        topics = [topic for agent in each.agents.values() for topic in agent.get_topic_names()]
        assert sorted(topics) == sorted(each.batched_topics)
