"""Whether a reader of one schema can read what is written by another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def breaks(old: Schema, new: Schema) -> list[str]:
    """Return what in *new* breaks a reader of *old*, a sentence each.

    A reader may meet more fields than it knows; it must find those that it knows, with values
    of the kinds that it knows. Internal fields are nobody's to read.
    """
    return list(_breaks(old, new, _Roots(old, new), ""))


class _Roots:
    """The documents that references lead into, and the pairs that are being compared."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old.get("$defs", {}), new.get("$defs", {})
        self.seen: set[tuple[str, str]] = set()


def _breaks(old: Schema, new: Schema, roots: _Roots, path: str) -> Iterator[str]:
    pair = (old.get("$ref", ""), new.get("$ref", ""))
    if all(pair):
        if pair in roots.seen:
            return
        roots.seen.add(pair)
    old, new = _followed(old, roots.old), _followed(new, roots.new)
    where = path or "the value"
    known, written = _alternatives(old, roots.old), _alternatives(new, roots.new)
    for kind, alternative in written.items():
        # Whoever reads any number reads whole ones.
        fitting = known.get(kind) or (known.get("number") if kind == "integer" else None)
        if fitting is None:
            yield f"{where} may be {kind}, which it was not"
            continue
        yield from _value_breaks(fitting, alternative, roots, path, where)


def _value_breaks(old: Schema, new: Schema, roots: _Roots, path: str, where: str) -> Iterator[str]:
    if "enum" in old and (
        more := [one for one in new.get("enum", ["any"]) if one not in old["enum"]]
    ):
        yield f"{where} may be {', '.join(map(str, more))}, which it was not"
    for name, field in old.get("properties", {}).items():
        if field.get("$comment") == "internal":
            continue
        inner = f"{path}.{name}" if path else name
        if name not in new.get("properties", {}):
            yield f"{inner} is gone"
            continue
        if name in old.get("required", ()) and name not in new.get("required", ()):
            yield f"{inner} may be missing"
        yield from _breaks(field, new["properties"][name], roots, inner)
    for word, suffix in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(old.get(word), dict) and isinstance(new.get(word), dict):
            yield from _breaks(old[word], new[word], roots, path + suffix)
    before, after = old.get("prefixItems", []), new.get("prefixItems", [])
    if len(after) < len(before):
        yield f"{where} has fewer elements"
    for number, (one, other) in enumerate(zip(before, after, strict=False)):
        yield from _breaks(one, other, roots, f"{path}[{number}]")


def _followed(schema: Schema, definitions: Schema) -> Schema:
    reference = schema.get("$ref")
    return definitions[reference.rpartition("/")[2]] if reference else schema


def _alternatives(schema: Schema, definitions: Schema) -> dict[str, Schema]:
    """Return the kinds of value that *schema* lets through, each with its own schema."""
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        followed = [_followed(choice, definitions) for choice in choices]
        objects = [each for each in followed if "properties" in each]
        # Of several objects, which look alike here, each is a kind of its own.
        found = {f"{each['title']} object": each for each in objects} if objects[1:] else {}
        for each in followed:
            if not (objects[1:] and "properties" in each):
                found |= _alternatives(each, definitions)
        return found
    kind = schema.get("type") or ("object" if "properties" in schema else "anything")
    if "enum" in schema and "type" not in schema:
        kind = "string"
    kinds = kind if isinstance(kind, list) else [kind]
    return dict.fromkeys(kinds, schema)
