"""What each version of the contract was written as, so that none is ever written otherwise.

docs/schemas/VERSIONS has a line for each version: its number, and a hash of what its schemas
promise. `python -m cryptoviz.contract` writes nothing where that and the schemas beside it do not
fit each other, so no version is begun anew by deleting files or by going back to its number.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptoviz.contract.compatibility import INTERNAL

Schemas = Mapping[str, dict[str, Any]]

FILE = "VERSIONS"
_LINE = re.compile(r"^([0-9]+) ([0-9a-f]{64})$", re.MULTILINE)
_RESTORE = "`git checkout docs/schemas` brings back what it was"


def recorded(directory: Path) -> dict[int, str]:
    """Return the hash of each version that was ever written; none if there is no record."""
    path = directory / FILE
    text = path.read_text() if path.exists() else ""
    return {int(number): digest for number, digest in _LINE.findall(text)}


def record(directory: Path, version: int, schemas: Schemas) -> None:
    """Note that *schemas* are what *version* is now; lines of other versions stay."""
    versions = recorded(directory) | {version: fingerprint(schemas)}
    lines = [f"{number} {digest}\n" for number, digest in sorted(versions.items())]
    (directory / FILE).write_text("".join(lines))


def unlike_record(directory: Path, version: int, schemas: Schemas) -> list[str]:
    """Return why *version* must not be written over the *schemas* of *directory*, if anything."""
    versions = recorded(directory)
    if not versions:
        return [f"{directory / FILE} is missing or empty: {_RESTORE}."]
    newest = max(versions)
    found = []
    if fingerprint(schemas) != versions[newest]:
        found.append(f"The schemas in {directory} are not those of version {newest}: {_RESTORE}.")
    if version < newest:
        found.append(f"Version {newest} was written before; it cannot go down to {version}.")
    return found


def fingerprint(schemas: Schemas) -> str:
    """Return the SHA-256 of what *schemas* promise, by topic."""
    promised = {topic: _promised(schema) for topic, schema in schemas.items()}
    canonical = json.dumps(promised, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _promised(part: Any) -> Any:
    """Return *part* of a schema without its words for people and its internal fields."""
    if isinstance(part, list):
        return [_promised(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {name: part[name] for name in part if name not in ("description", "properties")}
    kept = {name: _promised(each) for name, each in kept.items()}
    if "properties" in part:
        fields = part["properties"].items()
        kept["properties"] = {
            name: _promised(field) for name, field in fields if field.get("$comment") != INTERNAL
        }
        required = part.get("required", ())
        kept["required"] = sorted(name for name in required if name in kept["properties"])
    return kept
