"""Makes the application's topics before anything subscribes, and checks those that exist.

An agent on a missing topic waits for ever without a word, and a table whose changelog has
another partition count than its source cannot be kept, so either stops the start with a sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from cryptoviz.kafka import client_options, why_unreachable
from cryptoviz.settings import Settings

log = logging.getLogger(__name__)

TOPIC_EXISTS = 36


class ProvisionError(RuntimeError):
    """Kafka does not hold the topics that the application needs; the message is for a person."""


@dataclass(frozen=True)
class TopicSpec:
    """A topic that must exist, and how to make it."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


async def ensure(specs: Sequence[TopicSpec], settings: Settings) -> list[str]:
    """Create the missing topics of *specs* and return their names.

    Raises `ProvisionError` if Kafka cannot be reached, if a topic has another partition count,
    or if one is missing and `TOPIC_CREATE` is off.
    """
    client = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=15_000)
    try:
        await _connect(client, settings)
        existing = set(await client.list_topics())
        missing = [spec for spec in specs if spec.name not in existing]
        if missing and not settings.topic_create:
            raise ProvisionError(
                f"These topics do not exist and TOPIC_CREATE is off: {_names(missing)}."
            )
        await _create(client, missing, settings.kafka_replication_factor)
        await _check_partitions(client, specs)
        return [spec.name for spec in missing]
    except KafkaError as error:
        raise ProvisionError(f"Kafka refused to show or make the topics: {error!r}.") from error
    finally:
        await client.close()


async def _connect(client: AIOKafkaAdminClient, settings: Settings) -> None:
    try:
        await client.start()
    except KafkaError:
        raise ProvisionError(await why_unreachable(settings)) from None


async def _create(client: AIOKafkaAdminClient, missing: Sequence[TopicSpec], copies: int) -> None:
    if not missing:
        return
    response = await client.create_topics(
        [
            NewTopic(spec.name, spec.partitions, copies, topic_configs=dict(spec.config))
            for spec in missing
        ]
    )
    for name, code, *rest in response.topic_errors:
        # Another worker that starts at the same moment may have been first.
        if code not in (0, TOPIC_EXISTS):
            reason = rest[0] if rest and rest[0] else for_code(code).__name__
            raise ProvisionError(f"Topic {name} could not be created: {reason}.")
    log.info("Created topics: %s.", _names(missing))


async def _check_partitions(client: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> None:
    wanted = {spec.name: spec.partitions for spec in specs}
    for topic in await client.describe_topics(list(wanted)):
        name, count = topic["topic"], len(topic["partitions"])
        if topic["error_code"] == 0 and count != wanted[name]:
            raise ProvisionError(
                f"Topic {name} has {count} partitions where {wanted[name]} are needed: sources, "
                "tables and internal topics share one count. Set TOPIC_PARTITIONS to what the "
                "source topics have, or make the topic anew."
            )


def _names(specs: Sequence[TopicSpec]) -> str:
    return ", ".join(sorted(spec.name for spec in specs))
