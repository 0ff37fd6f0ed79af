"""Whether a reader of one schema can read what is written by another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptoviz.contract.bounds import loosened

Schema = dict[str, Any]
# What the `$comment` of a field says that is nobody's to read.
INTERNAL = "internal"
_ANYTHING = "anything"


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
        fitting = _fitting(kind, known)
        if fitting is None:
            yield f"{where} may be {kind}, which it was not"
            continue
        for sentence in loosened(fitting, alternative):
            yield f"{where} {sentence}"
        yield from _field_breaks(fitting, alternative, roots, path)
        yield from _element_breaks(fitting, alternative, roots, path, where)


def _fitting(kind: str, known: dict[str, Schema]) -> Schema | None:
    """Return what a reader that knows the kinds *known* takes a value of *kind* for."""
    # Whoever reads any number reads whole ones.
    wider = known.get("number") if kind == "integer" else None
    return known.get(kind) or wider or known.get(_ANYTHING)


def _field_breaks(old: Schema, new: Schema, roots: _Roots, path: str) -> Iterator[str]:
    for name, field in old.get("properties", {}).items():
        if field.get("$comment") == INTERNAL:
            continue
        inner = f"{path}.{name}" if path else name
        if name not in new.get("properties", {}):
            yield f"{inner} is gone"
            continue
        if new["properties"][name].get("$comment") == INTERNAL:
            yield f"{inner} is internal, which it was not"
        if name in old.get("required", ()) and name not in new.get("required", ()):
            yield f"{inner} may be missing"
        yield from _breaks(field, new["properties"][name], roots, inner)


def _element_breaks(
    old: Schema, new: Schema, roots: _Roots, path: str, where: str
) -> Iterator[str]:
    """Yield what breaks of the elements of arrays, and of the values of objects used as maps."""
    before, after = old.get("prefixItems", []), new.get("prefixItems", [])
    if len(after) < len(before):
        yield f"{where} has fewer elements"
    for number, element in enumerate(after):
        # A reader of a list takes each element alike; one of a tuple looks at its place.
        known = before[number] if number < len(before) else old.get("items", {})
        if known is False:
            yield f"{where} has more elements"
            break
        yield from _breaks(known, element, roots, f"{path}[{number}]")
    for word, suffix in (("items", "[]"), ("additionalProperties", ".*")):
        # Without the word anything goes; false is that there are none.
        known, written = old.get(word, True), new.get(word, True)
        if word == "additionalProperties" and "properties" in old:
            # Fields that are added are no values of a map.
            continue
        if known is False and written is not False:
            yield f"{where} has more elements"
        elif known is not True and written is not False:
            yield from _breaks(known, {} if written is True else written, roots, path + suffix)


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
    kind = schema.get("type") or ("object" if "properties" in schema else _ANYTHING)
    if "type" not in schema and ("enum" in schema or "const" in schema):
        kind = "string"
    kinds = kind if isinstance(kind, list) else [kind]
    return dict.fromkeys(kinds, schema)
