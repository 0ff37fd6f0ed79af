"""Whether a topic, as Kafka describes it, is as the application needs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

POLICY = "cleanup.policy"
RETENTION = "retention.ms"
LARGEST = "max.message.bytes"


@dataclass(frozen=True)
class TopicSpec:
    """A topic that must exist, and how to make it.

    Of a topic that is not *own*, only the partition count is the application's to ask for.
    """

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)
    own: bool = True


class TopicFound(NamedTuple):
    """A topic in Kafka: the brokers that hold each partition, and its configuration.

    The configuration is what is in effect, the cluster's defaults included; it is None if this
    client may not see it.
    """

    replicas: tuple[tuple[int, ...], ...]
    config: Mapping[str, str] | None

    @property
    def partitions(self) -> int:
        """How many partitions there are."""
        return len(self.replicas)

    @property
    def copies(self) -> int:
        """How many replicas the partition with the fewest has."""
        return min(map(len, self.replicas), default=0)


class Flaw(NamedTuple):
    """What is not as it must be, and what that is about."""

    about: Literal["partitions", "config", "replicas"]
    said: str


def flaws(spec: TopicSpec, found: TopicFound, replicas: int) -> Iterator[Flaw]:
    """Yield how *found* does not fit *spec*, where each partition shall have *replicas* replicas.

    More replicas, a longer retention and larger messages than those of *spec* fit.
    """
    if found.partitions != spec.partitions:
        yield Flaw("partitions", f"has {found.partitions} partitions, needs {spec.partitions}")
    if not spec.own:
        return
    for name, value in to_set(spec, found).items():
        least = "" if name == POLICY else "at least "
        now = (found.config or {}).get(name)
        yield Flaw("config", f"{name} is {now}, should be {least}{value}")
    if found.copies < replicas:
        yield Flaw("replicas", f"has {found.copies} replicas, needs {replicas}")


def to_set(spec: TopicSpec, found: TopicFound) -> dict[str, str]:
    """Return the configuration by which *found* would be kept as *spec* says."""
    if found.config is None or not spec.own:
        return {}
    wrong = {}
    if POLICY in spec.config and found.config.get(POLICY) != spec.config[POLICY]:
        wrong[POLICY] = spec.config[POLICY]
    if RETENTION in spec.config and 0 <= int(found.config[RETENTION]) < int(spec.config[RETENTION]):
        wrong[RETENTION] = spec.config[RETENTION]
    if LARGEST in spec.config and int(found.config[LARGEST]) < int(spec.config[LARGEST]):
        wrong[LARGEST] = spec.config[LARGEST]
    return wrong


def reassignment(
    found: Mapping[str, TopicFound], brokers: Collection[int], replicas: int
) -> dict[str, Any]:
    """Return the plan for kafka-reassign-partitions.sh by which all partitions have *replicas*.

    Each keeps those that it has and gets more on the brokers that hold the least. Raises
    `ValueError` if there are not so many brokers.
    """
    if len(brokers) < replicas:
        raise ValueError(f"{replicas} replicas need as many brokers, and there are {len(brokers)}")
    load = Counter(holder for each in found.values() for some in each.replicas for holder in some)
    moved = []
    for topic, each in sorted(found.items()):
        for number, holders in enumerate(each.replicas):
            chosen = list(holders)
            while len(chosen) < replicas:
                others = sorted(set(brokers) - set(chosen))
                chosen.append(min(others, key=lambda broker: load[broker]))
                load[chosen[-1]] += 1
            if len(chosen) > len(holders):
                moved.append({"topic": topic, "partition": number, "replicas": chosen})
    return {"version": 1, "partitions": moved}
