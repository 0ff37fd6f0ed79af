"""The schemas as they are committed, beside those that the types make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptoviz.contract.compatibility import breaks

DIRECTORY = Path(__file__).parents[2] / "docs" / "schemas"

Schemas = dict[str, dict[str, Any]]


def committed(directory: Path = DIRECTORY) -> Schemas:
    """Return the committed schemas by topic, without the prefix."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))}


def broken(old: Schemas, new: Schemas) -> list[str]:
    """Return what breaks readers of *old* though *new* does not raise the version."""
    found = []
    for topic, schema in old.items():
        if topic not in new:
            found.append(f"{topic} is gone.")
        elif new[topic]["version"] <= schema["version"]:
            found += [f"{topic}: {sentence}." for sentence in breaks(schema, new[topic])]
    return found


def write(schemas: Schemas, directory: Path = DIRECTORY) -> None:
    """Write *schemas*, a file each, in place of those that are there."""
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.json"):
        path.unlink()
    for topic, schema in schemas.items():
        (directory / f"{topic}.json").write_text(json.dumps(schema, indent=2) + "\n")
