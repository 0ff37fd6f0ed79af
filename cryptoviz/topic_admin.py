"""Asks Kafka how topics are, makes them, and changes how they are kept."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from cryptoviz.kafka import client_options, why_unreachable
from cryptoviz.settings import Settings
from cryptoviz.topic_fit import LARGEST, POLICY, RETENTION, TopicFound, TopicSpec

log = logging.getLogger(__name__)

TOPIC_DENIED, CLUSTER_DENIED, TOPIC_EXISTS = 29, 31, 36
# The source of a value that was set for the topic itself, unlike one of the cluster.
SET_HERE = 1


class ProvisionError(RuntimeError):
    """Kafka does not hold the topics that the application needs; the message is for a person."""


@asynccontextmanager
async def open_admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Connect to Kafka; raises `ProvisionError` if that, or what is asked then, fails."""
    client = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=15_000)
    try:
        try:
            await client.start()
        except KafkaError:
            raise ProvisionError(await why_unreachable(settings)) from None
        yield client
    except KafkaError as error:
        raise ProvisionError(f"Kafka refused to show or change its topics: {error!r}.") from error
    finally:
        await client.close()


async def look(client: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, TopicFound]:
    """Return those of the topics *names* that exist."""
    # Asking for all never makes one, as asking for a missing topic by name may.
    existing = sorted(set(names) & set(await client.list_topics()))
    if not existing:
        return {}
    configs = await _configs(client, existing)
    found = {}
    for topic in await client.describe_topics(existing):
        if topic["error_code"] == 0:
            partitions = sorted(topic["partitions"], key=lambda each: int(each["partition"]))
            replicas = tuple(tuple(each["replicas"]) for each in partitions)
            found[topic["topic"]] = TopicFound(replicas, configs.get(topic["topic"]))
    return found


async def create(client: AIOKafkaAdminClient, missing: Sequence[TopicSpec], copies: int) -> None:
    """Make the topics *missing* with *copies* replicas."""
    response = await client.create_topics(
        [
            NewTopic(spec.name, spec.partitions, copies, topic_configs=dict(spec.config))
            for spec in missing
        ]
    )
    for name, code, *rest in response.topic_errors:
        # Another worker that starts at the same moment may have been first.
        if code not in (0, TOPIC_EXISTS):
            raise ProvisionError(f"Topic {name} could not be created: {_reason(code, *rest)}.")


async def configure(
    client: AIOKafkaAdminClient, name: str, settings_of_topic: Mapping[str, str]
) -> None:
    """Set *settings_of_topic* on the topic *name*; what else was set on it stays."""
    topic = ConfigResourceType.TOPIC
    (response,) = await client.describe_configs([ConfigResource(topic, name)])
    # This client knows but the request that replaces all that was set on a topic.
    (code, reason, _, _, entries), *_ = response.resources
    if code == 0:
        kept = {entry[0]: entry[1] for entry in entries if entry[3] == SET_HERE}
        asked = [ConfigResource(topic, name, {**kept, **settings_of_topic})]
        (response,) = await client.alter_configs(asked)
        (code, reason, *_), *_ = response.resources
    if code != 0:
        raise ProvisionError(f"Topic {name} could not be configured: {_reason(code, reason)}.")


async def _configs(client: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    wanted = dict.fromkeys((POLICY, RETENTION, LARGEST))
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, wanted) for name in names]
    configs, hidden = {}, []
    for response in await client.describe_configs(asked):
        for code, reason, _, name, entries in response.resources:
            if code in (TOPIC_DENIED, CLUSTER_DENIED):
                hidden.append(name)
            elif code != 0:
                raise ProvisionError(f"Kafka does not show topic {name}: {_reason(code, reason)}.")
            else:
                configs[name] = {entry[0]: entry[1] for entry in entries}
    if hidden:
        log.warning(
            "Kafka does not let this client see how topics are kept (DescribeConfigs), so that "
            "is not checked: %s.",
            ", ".join(hidden),
        )
    return configs


def _reason(code: int, text: str | None = None) -> str:
    return (text or for_code(code).__name__).rstrip(".")
