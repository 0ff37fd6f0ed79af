"""Makes the application's topics before anything subscribes, and checks those that exist.

An agent on a missing topic waits for ever without a word, a table whose changelog has another
partition count than its source cannot be kept, and rows whose changelog Kafka deletes from are
lost with their worker. So each stops the start with a sentence and the command that mends it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence

from aiokafka.admin import AIOKafkaAdminClient

from cryptoviz.settings import Settings
from cryptoviz.topic_admin import ProvisionError, create, look, open_admin
from cryptoviz.topic_fit import Flaw, TopicFound, TopicSpec, flaws

log = logging.getLogger(__name__)

# What Kafka's own tools read to log in; whoever runs them writes it.
LOGIN_FILE = "client.properties"
# How often, and how long after another, to look for topics that were just made.
ATTEMPTS, INTERVAL_S = 100, 0.1


async def ensure(specs: Sequence[TopicSpec], settings: Settings) -> list[str]:
    """Create the missing topics of *specs* and return their names.

    Raises `ProvisionError` if Kafka cannot be reached, if a topic does not fit, or if one is
    missing and `TOPIC_CREATE` is off.
    """
    async with open_admin(settings) as client:
        found = await look(client, [spec.name for spec in specs])
        # Before any is made: the count that others have may be the right one.
        check_partitions(specs, found, settings)
        missing = [spec for spec in specs if spec.name not in found]
        if missing:
            if not settings.topic_create:
                raise ProvisionError(
                    f"These topics do not exist and TOPIC_CREATE is off: {_names(missing)}; "
                    "`cryptoviz topics --create` makes them."
                )
            await create(client, missing, settings.kafka_replication_factor)
            log.info("Created topics: %s.", _names(missing))
            # Others may have made them at the same moment, and otherwise.
            found = await _appeared(client, [spec.name for spec in specs])
        check(specs, found, settings)
        return [spec.name for spec in missing]


async def _appeared(client: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, TopicFound]:
    """Return the topics *names*, of which brokers hear a moment after they were made."""
    for _ in range(ATTEMPTS):
        found = await look(client, names)
        if len(found) == len(names):
            return found
        await asyncio.sleep(INTERVAL_S)
    raise ProvisionError(
        f"Kafka has made topics and does not show them within {ATTEMPTS * INTERVAL_S:g} s."
    )


def check(specs: Sequence[TopicSpec], found: Mapping[str, TopicFound], settings: Settings) -> None:
    """Raise `ProvisionError` if what is *found* of *specs* is not as it must be."""
    check_partitions(specs, found, settings)
    wrong = _about("config", specs, found, settings)
    if wrong:
        said = "; ".join(f"{spec.name}: {flaw.said}" for spec, flaw in wrong)
        raise ProvisionError(
            f"Kafka would not keep what must be kept ({said}); `cryptoviz topics --mend` sets that."
        )
    wrong = _about("replicas", specs, found, settings)
    if wrong:
        raise ProvisionError(
            f"These topics have fewer replicas than KAFKA_REPLICATION_FACTOR "
            f"({settings.kafka_replication_factor}): {_names(spec for spec, _ in wrong)}; "
            f"`cryptoviz topics --reassign > plan.json && {_tool('reassign-partitions', settings)} "
            f"--reassignment-json-file plan.json --execute` adds them.{_login(settings)}"
        )


def check_partitions(
    specs: Sequence[TopicSpec], found: Mapping[str, TopicFound], settings: Settings
) -> None:
    """Raise `ProvisionError` if a topic has another partition count, first of the sources."""
    wrong = _about("partitions", specs, found, settings)
    for spec, _ in sorted(wrong, key=lambda each: each[0].own):
        count = found[spec.name].partitions
        sentence = (
            f"Topic {spec.name} has {count} partitions where {spec.partitions} are needed: "
            "sources, tables and internal topics share one count. "
        )
        if not spec.own:
            raise ProvisionError(
                sentence + "Set TOPIC_PARTITIONS to what the source topics have, or make the "
                f"topic anew: `export TOPIC_PARTITIONS={count}`."
            )
        raise ProvisionError(
            sentence + "If nothing was folded into it yet, it can be made anew by the next start: "
            f"`{_tool('topics', settings)} --delete --topic {spec.name}`.{_login(settings)}"
        )


def _about(
    about: str, specs: Sequence[TopicSpec], found: Mapping[str, TopicFound], settings: Settings
) -> list[tuple[TopicSpec, Flaw]]:
    return [
        (spec, flaw)
        for spec in specs
        if spec.name in found
        for flaw in flaws(spec, found[spec.name], settings.kafka_replication_factor)
        if flaw.about == about
    ]


def _tool(name: str, settings: Settings) -> str:
    """Return the command of Kafka's tool *name*, to which its own options are added."""
    command = f"kafka-{name}.sh --bootstrap-server {settings.kafka_bootstrap_servers}"
    return command + (f" --command-config {LOGIN_FILE}" if _has_login(settings) else "")


def _login(settings: Settings) -> str:
    """Return a sentence about the file that such a command needs, empty if it needs none."""
    if not _has_login(settings):
        return ""
    protocol = settings.kafka_security_protocol
    return (
        f" {LOGIN_FILE} has the login of a Kafka administrator, for Kafka's tools do not read the "
        f"settings: security.protocol={protocol} and what goes with it."
    )


def _has_login(settings: Settings) -> bool:
    return settings.kafka_security_protocol != "PLAINTEXT"


def _names(specs: Iterable[TopicSpec]) -> str:
    return ", ".join(sorted(spec.name for spec in specs))
