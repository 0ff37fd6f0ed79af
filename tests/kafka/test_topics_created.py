"""Topics at the start of a worker: made up front with one partition count, or a sentence."""

import asyncio
import re
import subprocess
import sys

import pytest

from cryptoviz.local import ports
from tests.waiting import eventually

COMMAND = [sys.executable, "-m", "cryptoviz", "worker", "-l", "info"]
# The stream app of cryptoviz itself.
APP = "cryptoviz.app"


@pytest.fixture
def names(deployment):
    """The source topics of this test's deployment, as settings."""
    kinds = ("ticker", "trade", "article", "alert")
    return {f"TOPIC_RAW{kind.upper()}": f"{deployment.name}-raw{kind}" for kind in kinds}


async def partition_counts(deployment):
    async with deployment.admin() as admin:
        every = await admin.list_topics()
        described = await admin.describe_topics(
            [name for name in every if name.startswith(deployment.name)]
        )
    return {topic["topic"]: len(topic["partitions"]) for topic in described}


async def refused_start(worker):
    """Start *worker*, which must not; return what it said, and its status."""
    worker.launch()
    status = await asyncio.to_thread(worker.child.wait, 60)
    return worker.log, status


def said_plainly(log, sentence):
    """Return whether *log* holds *sentence* on one line, and no traceback."""
    return re.search(f"^.*{sentence}.*$", log, re.MULTILINE) and "Traceback" not in log


async def test_a_worker_makes_all_its_topics_with_the_partition_count_of_the_sources(
    deployment, names
):
    with deployment.worker(app=None, TOPIC_PARTITIONS="3", **names):
        counts = await partition_counts(deployment)

    leaders = {name for name in counts if name.endswith("__assignor-__leader")}
    changelogs = {name for name in counts if name.endswith("-changelog")}
    assert set(names.values()) < set(counts)
    assert f"{deployment.name}-rejected" in counts
    assert len(changelogs) >= 5
    assert {counts[name] for name in set(counts) - leaders} == {3}
    assert {counts[name] for name in leaders} == {1}


async def test_a_missing_topic_stops_the_start_with_a_sentence_if_none_may_be_made(
    deployment, names
):
    for name in names.values():
        if not name.endswith("alert"):
            await deployment.create(name)
    log, status = await refused_start(deployment.worker(app=None, TOPIC_CREATE="false", **names))

    assert status == 1
    assert said_plainly(
        log, f"topics do not exist and TOPIC_CREATE is off: .*{names['TOPIC_RAWALERT']}"
    )
    assert names["TOPIC_RAWTRADE"] not in log


async def test_a_source_topic_with_another_partition_count_stops_the_start_with_what_to_do(
    deployment, names
):
    await deployment.create(names["TOPIC_RAWTRADE"], partitions=7)
    log, status = await refused_start(deployment.worker(app=None, **names))

    assert status == 1
    assert said_plainly(
        log,
        f"Topic {names['TOPIC_RAWTRADE']} has 7 partitions where 4 are needed: .*"
        "Set TOPIC_PARTITIONS to what the source topics have, or make the topic anew",
    )


async def test_a_topic_that_kafka_does_not_make_stops_the_start_with_the_reason(deployment, names):
    log, status = await refused_start(
        deployment.worker(app=None, KAFKA_REPLICATION_FACTOR="3", **names)
    )

    assert status == 1
    assert said_plainly(log, "Topic .* could not be created: .*replication factor of 3")


async def test_a_kafka_that_does_not_answer_stops_the_start_with_its_address(deployment, tmp_path):
    nobody = f"127.0.0.1:{ports.choose()}"
    log, status = await refused_start(deployment.worker(app=None, KAFKA_BOOTSTRAP_SERVERS=nobody))

    assert status == 1
    assert said_plainly(log, f"Kafka does not answer at {nobody} \\(KAFKA_BOOTSTRAP_SERVERS\\)")


async def test_a_worker_in_a_terminal_says_it_on_standard_error(deployment, tmp_path):
    worker = deployment.worker(app=None, KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{ports.choose()}")
    result = await asyncio.to_thread(
        subprocess.run, COMMAND, env=worker._environ, capture_output=True, timeout=30, check=False
    )

    assert result.returncode == 1
    assert b"Kafka does not answer at" in result.stderr
    assert b"Traceback" not in result.stdout + result.stderr


async def test_workers_that_start_at_the_same_time_may_both_make_the_topics(deployment, names):
    workers = [deployment.worker(name, app=None, **names).launch() for name in ("one", "two")]
    await eventually(lambda: all(worker.is_ready() for worker in workers), "being ready", 60)
