"""The schemas as they are committed, beside those that the types make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptoviz.contract.compatibility import breaks
from cryptoviz.contract.terms import worse_terms
from cryptoviz.contract.versions import record, unlike_record

DIRECTORY = Path(__file__).parents[2] / "docs" / "schemas"

Schemas = dict[str, dict[str, Any]]


def committed(directory: Path = DIRECTORY) -> Schemas:
    """Return the committed schemas by topic, without the prefix."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))}


def broken(old: Schemas, new: Schemas) -> list[str]:
    """Return what breaks readers of *old* though *new* does not raise the version."""
    version = max((schema["version"] for schema in new.values()), default=0)
    found = []
    for topic, schema in old.items():
        if version > schema["version"]:
            continue
        if version < schema["version"]:
            found.append(f"{topic}: version {schema['version']} goes down to {version}.")
        if topic not in new:
            found.append(f"{topic} is gone.")
        else:
            sentences = [*worse_terms(schema, new[topic]), *breaks(schema, new[topic])]
            found += [f"{topic}: {sentence}." for sentence in sentences]
    return found


def update(new: Schemas, version: int, directory: Path = DIRECTORY) -> list[str]:
    """Write *new*, which is *version*, unless something forbids it; return what does.

    Once anything is forbidden, nothing is written.
    """
    old = committed(directory)
    forbidden = unlike_record(directory, version, old) + broken(old, new)
    if not forbidden:
        write(new, version, directory)
    return forbidden


def write(schemas: Schemas, version: int, directory: Path) -> None:
    """Write *schemas*, a file each, in place of those that are there, and what *version* is."""
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.json"):
        path.unlink()
    for topic, schema in schemas.items():
        (directory / f"{topic}.json").write_text(json.dumps(schema, indent=2) + "\n")
    record(directory, version, schemas)
