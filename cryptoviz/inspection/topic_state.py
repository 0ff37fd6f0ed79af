"""Whether the topics in Kafka are those that the application needs, and mending them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import click
import msgspec
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from cryptoviz.kafka import client_options, why_unreachable
from cryptoviz.provision import TopicSpec
from cryptoviz.settings import Settings

SHOWN = ("cleanup.policy", "retention.ms")
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


async def states(specs: Sequence[TopicSpec], settings: Settings) -> list[TopicState]:
    """Return the state of each topic of *specs*, by name."""
    async with _admin(settings) as admin:
        existing = set(await admin.list_topics())
        names = sorted(spec.name for spec in specs if spec.name in existing)
        described = {topic["topic"]: topic["partitions"] for topic in await _describe(admin, names)}
        configs = await _configs(admin, names)
    return [
        compare(spec, described.get(spec.name), configs.get(spec.name, {}))
        for spec in sorted(specs, key=lambda spec: spec.name)
    ]


def compare(
    spec: TopicSpec, partitions: Sequence[Any] | None, config: Mapping[str, str]
) -> TopicState:
    """Return how a topic with *partitions*, as Kafka describes them, and *config* fits *spec*."""
    state = TopicState(
        topic=spec.name,
        state="ok",
        partitions=None if partitions is None else len(partitions),
        needed=spec.partitions,
        replicas=min((len(each["replicas"]) for each in partitions or ()), default=None),
        cleanup=config.get("cleanup.policy"),
        retention=_retention(config),
    )
    if partitions is None:
        state.state = "missing"
    elif len(partitions) != spec.partitions:
        state.state = f"has {len(partitions)} partitions, needs {spec.partitions}"
    else:
        wrong = [
            f"{name} is {config.get(name)}, should be {value}"
            for name, value in spec.config.items()
            if config.get(name) != value
        ]
        state.state = "; ".join(wrong) or "ok"
    return state


def _retention(config: Mapping[str, str]) -> str | None:
    if "retention.ms" not in config:
        return None
    if config.get("cleanup.policy") == "compact":
        return "last of each key"
    retention_ms = int(config["retention.ms"])
    return "for ever" if retention_ms < 0 else f"{retention_ms / DAY_MS:g} d"


async def _describe(admin: AIOKafkaAdminClient, names: list[str]) -> list[Any]:
    return list(await admin.describe_topics(names)) if names else []


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    wanted = dict.fromkeys(SHOWN)
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, wanted) for name in names]
    configs: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(asked):
        for _, _, _, name, entries, *_ in response.resources:
            configs[name] = {entry[0]: entry[1] for entry in entries}
    return configs


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=15_000)
    try:
        try:
            await client.start()
        except KafkaError:
            raise click.ClickException(await why_unreachable(settings)) from None
        yield client
    except KafkaError as error:
        raise click.ClickException(f"Kafka refused to show its topics: {error!r}.") from None
    finally:
        await client.close()
