"""Topics that do not fit stop a start; the command in its sentence mends them."""

import asyncio
import dataclasses
import re
import shlex
import subprocess
import sys

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from cryptoviz.inspection.topic_state import mend, plan
from cryptoviz.provision import ensure
from cryptoviz.settings import load
from cryptoviz.topic_admin import ProvisionError
from cryptoviz.topic_fit import TopicSpec
from cryptoviz.topics import CHANGELOG_CONFIG, STREAM_CONFIG
from tests.waiting import eventually

HOUR_MS = "3600000"


@pytest.fixture
def settings(broker):
    return load({"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers})


@pytest.fixture
def specs(deployment):
    """A source, a table's changelog and its results, as the application needs them."""
    return [
        TopicSpec(deployment.source, 4, own=False),
        TopicSpec(deployment.changelog, 4, CHANGELOG_CONFIG),
        TopicSpec(deployment.results_topic, 4, STREAM_CONFIG),
    ]


async def set_here(deployment, topic):
    """Return what was set on *topic* itself."""
    async with deployment.admin() as admin:
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic)]
        (response,) = await admin.describe_configs(asked)
    return {entry[0]: entry[1] for entry in response.resources[0][4] if entry[3] == 1}


async def create(deployment, topic, **options):
    """Create a topic of another's and wait until brokers have heard of it."""
    await deployment.create(topic, **options)

    async def is_shown():
        return topic in await existing(deployment)

    await eventually(is_shown, f"the appearance of {topic}")


async def existing(deployment):
    async with deployment.admin() as admin:
        return {name for name in await admin.list_topics() if name.startswith(deployment.name)}


async def test_topics_that_the_application_made_itself_fit(specs, settings):
    assert await ensure(specs, settings) == [spec.name for spec in specs]
    assert await ensure(specs, settings) == []
    assert await mend(specs, settings) == []


async def test_more_than_is_needed_is_left_as_it_is(deployment, specs, settings):
    longer = {"cleanup.policy": "delete", "retention.ms": "-1"}
    await create(deployment, deployment.results_topic, cleanup_policy="delete", retention_ms="-1")
    await create(deployment, deployment.source, cleanup_policy="compact", retention_ms=HOUR_MS)

    assert await ensure(specs, settings) == [deployment.changelog]
    assert await mend(specs, settings) == []
    assert await set_here(deployment, deployment.results_topic) == longer


async def test_a_topic_that_loses_what_must_be_kept_is_refused_until_it_is_mended(
    deployment, specs, settings
):
    await create(deployment, deployment.changelog, cleanup_policy="delete", segment_ms="70000")
    await create(deployment, deployment.results_topic, retention_ms=HOUR_MS)

    with pytest.raises(ProvisionError) as refused:
        await ensure(specs, settings)
    assert re.search(
        rf"{deployment.changelog}: cleanup.policy is delete, should be compact; "
        rf"{deployment.results_topic}: retention.ms is {HOUR_MS}, should be at least 604800000.*"
        "`cryptoviz topics --mend`",
        str(refused.value),
    )
    assert await mend(specs, settings) == sorted([deployment.changelog, deployment.results_topic])
    assert await ensure(specs, settings) == []
    kept = {"cleanup.policy": "compact", "segment.ms": "70000"}
    assert await set_here(deployment, deployment.changelog) == kept


async def test_too_few_replicas_are_refused_with_the_way_to_more(deployment, specs, settings):
    await ensure(specs, settings)
    three = settings.model_copy(update={"kafka_replication_factor": 3})

    with pytest.raises(ProvisionError, match="fewer replicas than KAFKA_REPLICATION_FACTOR") as no:
        await ensure(specs, three)
    assert "--reassignment-json-file plan.json --execute`" in str(no.value)
    assert deployment.source not in str(no.value)
    # There is one broker only.
    with pytest.raises(ValueError, match="3 replicas need as many brokers, and there are 1"):
        await plan(specs, three)
    assert await plan(specs, settings) == {"version": 1, "partitions": []}


async def test_nothing_is_made_while_a_source_has_another_partition_count(
    deployment, specs, settings
):
    await create(deployment, deployment.source, partitions=7)

    with pytest.raises(ProvisionError, match="`export TOPIC_PARTITIONS=7`"):
        await ensure(specs, settings)
    assert await existing(deployment) == {deployment.source}
    counted = [dataclasses.replace(spec, partitions=7) for spec in specs]
    assert len(await ensure(counted, settings)) == 2


async def test_a_changelog_with_another_partition_count_is_refused(deployment, specs, settings):
    await create(deployment, deployment.changelog, partitions=2)

    with pytest.raises(ProvisionError, match="has 2 partitions where 4 are needed") as refused:
        await ensure(specs, settings)
    assert f"--delete --topic {deployment.changelog}`" in str(refused.value)


async def test_the_command_that_a_refused_worker_names_lets_it_start(deployment):
    worker = deployment.worker(app=None)
    changelog = f"{deployment.name}-candles-changelog"
    await create(deployment, changelog, cleanup_policy="delete")
    worker.launch()
    assert await asyncio.to_thread(worker.child.wait, 60) == 1
    (sentence,) = re.findall(r"^.*Kafka would not keep.*$", worker.log, re.MULTILINE)
    assert f"{changelog}: cleanup.policy is delete" in sentence
    assert "Traceback" not in worker.log

    program, *words = shlex.split(sentence.split("`")[1])
    assert program == "cryptoviz"
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", program, *words],
        env=worker._environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert f"Configured {changelog}." in done.stderr
    await asyncio.to_thread(worker.start)
