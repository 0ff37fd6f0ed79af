"""How a topic is keyed and kept: what a schema says of it beside its values, for programs to read.

They are annotations, which a validator of JSON Schema passes over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

KEY, TOMBSTONES = "x-key", "x-tombstones"
CLEANUP, RETENTION = "x-cleanup", "x-retention-ms"


def terms_of(channel: Schema) -> Schema:
    """Return the terms of a *channel* of an AsyncAPI document that is a topic of ours.

    The retention, in milliseconds, is left out where Kafka keeps the last record of each key.
    """
    kept = channel["bindings"]["kafka"]["topicConfiguration"]
    terms = {name: channel[name] for name in (KEY, TOMBSTONES)}
    terms[CLEANUP] = kept["cleanup.policy"]
    return terms | ({RETENTION: kept["retention.ms"]} if "retention.ms" in kept else {})


def worse_terms(old: Schema, new: Schema) -> Iterator[str]:
    """Yield which terms of *new* break readers of *old*; those that *old* does not have break none.

    A reader may wait as long as the retention, and one of a topic without tombstones knows none.
    """
    for name in (KEY, CLEANUP):
        if name in old and new.get(name) != old[name]:
            yield f"{name} is {new.get(name)}, which was {old[name]}"
    if old.get(TOMBSTONES) is False and new.get(TOMBSTONES) is not False:
        yield "a value may be null, which it was not"
    if RETENTION in old and new.get(RETENTION, 0) < old[RETENTION]:
        yield f"{RETENTION} is {new.get(RETENTION)}, which was {old[RETENTION]}"
