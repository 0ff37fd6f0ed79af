"""What this application writes, as JSON Schema: every field is there, internal ones are marked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from web.json_schema import Schema, json_schemas

# How a value came about or is computed further; may change without a new version.
INTERNAL = ("opinions", "position", "samples", "sums")


def schemas_of(received: Iterable[Any], sent: Iterable[Any]) -> dict[str, Schema]:
    """Return the schemas of both kinds of types, by name, and of all that they refer to.

    What is received may lack fields that have defaults; what is *sent* has all of them.
    """
    sent = list(sent)
    _, components = json_schemas([*received, *sent])
    _, written = json_schemas(sent)
    left_out = _left_out(sent)
    for name in written:
        _complete(components[name], left_out)
    return components


def _complete(component: Schema, left_out: set[str]) -> None:
    properties = component.get("properties", {})
    for name, field in properties.items():
        # Defaults matter to whoever reads old rows in the application.
        field.pop("default", None)
        if name in INTERNAL:
            field["$comment"] = "internal"
    if properties:
        optional = {name for name in properties if f"{component['title']}.{name}" in left_out}
        component["required"] = sorted(set(properties) - optional)


def _left_out(types: Iterable[Any]) -> set[str]:
    """Return the fields that are not written while they have no value, as ``Type.field``."""
    found: set[str] = set()
    waiting: list[Any] = list(msgspec.inspect.multi_type_info(types))
    seen: set[Any] = set()
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in seen:
                continue
            seen.add(info.cls)
            for field in info.fields:
                waiting.append(field.type)
                values = (field.default, field.default_factory)
                # Only UNSET is a default that msgspec does not tell.
                if not field.required and values == (msgspec.NODEFAULT,) * 2:
                    found.add(f"{info.cls.__name__}.{field.encode_name}")
        for inner in ("item_type", "key_type", "value_type"):
            waiting += [getattr(info, inner)] if hasattr(info, inner) else []
        for several in ("types", "item_types"):
            waiting += getattr(info, several, ())
    return found
