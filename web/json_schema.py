"""JSON Schema of declared types, for the documents of the routes and of the topics."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import cleandoc
from typing import Any

import msgspec

REF = "#/components/schemas/{name}"

Schema = dict[str, Any]


def json_schemas(types: Iterable[Any]) -> tuple[tuple[Schema, ...], dict[str, Schema]]:
    """Return the schemas of *types*, and by name those of all structs that they refer to."""
    schemas, components = msgspec.json.schema_components(types, ref_template=REF)
    for component in components.values():
        # Before Python 3.13 a docstring keeps its indentation, which is code in Markdown.
        if "description" in component:
            component["description"] = cleandoc(component["description"])
    return schemas, components
