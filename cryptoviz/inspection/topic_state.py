"""Whether the topics in Kafka are those that the application needs, and mending them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cryptoviz.settings import Settings
from cryptoviz.topic_admin import configure, look, open_admin
from cryptoviz.topic_fit import (
    POLICY,
    RETENTION,
    TopicFound,
    TopicSpec,
    flaws,
    reassignment,
    to_set,
)

DAY_MS = 86_400_000


class TopicState(msgspec.Struct, kw_only=True):
    """A topic: what is there, beside what is needed. *state* is `ok`, or says what is wrong."""

    topic: str
    state: str
    partitions: int | None
    needed: int
    replicas: int | None
    cleanup: str | None
    retention: str | None


COLUMNS = ("topic", "state", "partitions", "retention", "cleanup", "replicas", "needed")


async def found(specs: Sequence[TopicSpec], settings: Settings) -> dict[str, TopicFound]:
    """Return the topics of *specs* that exist, as Kafka describes them."""
    async with open_admin(settings) as client:
        return await look(client, [spec.name for spec in specs])


def state_of(spec: TopicSpec, topic: TopicFound | None, replicas: int) -> TopicState:
    """Return how *topic*, None if it is missing, fits *spec* and has *replicas* replicas."""
    if topic is None:
        state = "missing"
    else:
        state = "; ".join(flaw.said for flaw in flaws(spec, topic, replicas)) or "ok"
    config = (topic and topic.config) or {}
    return TopicState(
        topic=spec.name,
        state=state,
        partitions=topic and topic.partitions,
        needed=spec.partitions,
        replicas=topic and topic.copies,
        cleanup=config.get(POLICY),
        retention=_retention(config),
    )


async def mend(specs: Sequence[TopicSpec], settings: Settings) -> list[str]:
    """Configure the topics of *specs* that are not kept as they must be; return their names."""
    async with open_admin(settings) as client:
        there = await look(client, [spec.name for spec in specs])
        wrong = {
            spec.name: change
            for spec in specs
            if spec.name in there and (change := to_set(spec, there[spec.name]))
        }
        for name, change in wrong.items():
            await configure(client, name, change)
    return sorted(wrong)


async def plan(specs: Sequence[TopicSpec], settings: Settings) -> dict[str, Any]:
    """Return the plan by which the topics of *specs* have as many replicas as *settings* say.

    Raises `ValueError` if there are too few brokers.
    """
    async with open_admin(settings) as client:
        there = await look(client, [spec.name for spec in specs if spec.own])
        brokers = {each["node_id"] for each in (await client.describe_cluster())["brokers"]}
    return reassignment(there, brokers, settings.kafka_replication_factor)


def _retention(config: Mapping[str, str]) -> str | None:
    if RETENTION not in config:
        return None
    if config.get(POLICY) == "compact":
        return "last of each key"
    retention_ms = int(config[RETENTION])
    return "for ever" if retention_ms < 0 else f"{retention_ms / DAY_MS:g} d"
