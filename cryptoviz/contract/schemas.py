"""The schema of each topic that others may read, from the document of `/asyncapi.json`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cryptoviz.contract.terms import terms_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_COMPONENT = "#/components/schemas/"
_DEFINITION = "#/$defs/"
# Between this application's own agents; nobody else's to read.
INTERNAL_TOPICS = ("mentions",)

Schema = dict[str, Any]


def schemas(document: Schema, prefix: str) -> dict[str, Schema]:
    """Return the schema of each topic that the application with *prefix* writes, by its name.

    *document* is an AsyncAPI document; names are without the prefix.
    """
    sent = {
        operation["channel"]["$ref"].rpartition("/")[2]
        for operation in document["operations"].values()
        if operation["action"] == "send"
    }
    found = {}
    for name, channel in document["channels"].items():
        topic = channel["address"]
        short = topic.removeprefix(prefix)
        if name in sent and short != topic and short not in INTERNAL_TOPICS:
            kinds = _payloads(channel, document["components"]["messages"])
            if kinds:
                found[short] = topic_schema(short, channel, kinds, document)
    return found


def topic_schema(topic: str, channel: Schema, kinds: list[str], document: Schema) -> Schema:
    """Return the schema of the values of *topic*, which are of the *kinds* of schemas.

    A null value, a tombstone, is no value of it; whether there are any is among its terms.
    """
    components = document["components"]["schemas"]
    used = {name: _relative(components[name]) for name in _reachable(kinds, components)}
    head: Schema = {
        "$schema": DIALECT,
        "title": topic,
        "description": channel["description"],
        "version": document["info"]["x-contract-version"],
        **terms_of(channel),
    }
    body: Schema = {"$ref": _DEFINITION + kinds[0]}
    if len(kinds) > 1:
        body = {"oneOf": [{"$ref": _DEFINITION + kind} for kind in kinds]}
    return head | body | {"$defs": dict(sorted(used.items()))}


def _payloads(channel: Schema, messages: Schema) -> list[str]:
    """Return the names of the schemas of what *channel* carries; none for bytes as they came."""
    described = [messages[name] for name in channel["messages"]]
    return [each["payload"]["$ref"].rpartition("/")[2] for each in described if "payload" in each]


def _reachable(kinds: Iterable[str], components: Schema) -> set[str]:
    found: set[str] = set()
    waiting = list(kinds)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _referred(components[name])
    return found


def _referred(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [str(part["$ref"]).removeprefix(_COMPONENT)] if "$ref" in part else []
        return own + [name for each in part.values() for name in _referred(each)]
    return [name for each in part for name in _referred(each)] if isinstance(part, list) else []


def _relative(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: each.replace(_COMPONENT, _DEFINITION) if name == "$ref" else _relative(each)
            for name, each in part.items()
        }
    return [_relative(each) for each in part] if isinstance(part, list) else part
