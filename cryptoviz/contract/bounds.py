"""Whether a value may be more than it might before: what a schema asks of it beside its kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

# What a reader may have built on word by word.
_EXACT = ("pattern", "format", "contentEncoding", "multipleOf", "uniqueItems")
_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def loosened(old: Schema, new: Schema) -> Iterator[str]:
    """Yield what *old* asks of a value and *new* does not, without its subject."""
    known, written = _choices(old), _choices(new)
    if written is not None:
        # A list of what it may be says more than any bound.
        more = [each for each in written if known is not None and each not in known]
        if more:
            yield f"may be {_listed(more)}, which it was not"
        return
    if known is not None:
        yield f"may be another than {_listed(known)}"
    for word in _EXACT:
        if word in old and old[word] != new.get(word):
            yield f"has the {word} {new.get(word)}, which was {old[word]}"
    for words, sign in ((_LEAST, 1), (_MOST, -1)):
        for word in words:
            if word in old and (word not in new or sign * new[word] < sign * old[word]):
                yield f"has the {word} {new.get(word)}, which was {old[word]}"


def _choices(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _listed(values: list[Any]) -> str:
    return ", ".join(map(str, values))
