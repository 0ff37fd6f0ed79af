"""Writes down all settings for people: the table of docs/settings.md, or .env.example.

python -m cryptoviz.settings_table > docs/settings.md
python -m cryptoviz.settings_table env > .env.example
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from cryptoviz.environment import SECRET_FIELDS
from cryptoviz.settings import Settings

HEAD = """\
# Settings

Every setting is an environment variable; an empty one counts as not set. A wrong value stops the
start with a sentence that names the variable. `.env.example` holds the same list to be copied.
The variables marked with \\* are secrets: `<VARIABLE>_FILE` names a file that holds the value
instead, and no message ever shows it.

This page is written by `python -m cryptoviz.settings_table > docs/settings.md`.

| Variable | Default | Values | Meaning |
|---|---|---|---|
"""
ENV_HEAD = """\
# Every setting of CRYPTO VIZ with its default; docs/settings.md says more.
# Copy it to .env, take the # away from what you change, and load that before a command:
#   set -a; . ./.env; set +a
"""


def table() -> str:
    """Return docs/settings.md."""
    return HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def example() -> str:
    """Return .env.example."""
    return ENV_HEAD + "".join(
        f"\n# {field.description}\n#{name.upper()}={_default(name, field)}\n"
        for name, field in Settings.model_fields.items()
    )


def _row(name: str, field: FieldInfo) -> str:
    default = _default(name, field)
    cells = (
        f"`{name.upper()}`" + (" \\*" if name in SECRET_FIELDS else ""),
        f"`{default}`" if default else "",
        _values(field),
        str(field.description).replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |\n"


def _default(name: str, field: FieldInfo) -> str:
    if field.default_factory is not None:
        # The host's name, which is another one wherever this is read.
        return "$HOSTNAME"
    value = field.default
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(str(word) for word in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _values(field: FieldInfo) -> str:
    kinds = [kind for kind in _alternatives(field.annotation) if kind is not type(None)]
    words = []
    for kind in kinds:
        if get_origin(kind) is Literal:
            words += [f"`{word}`" for word in get_args(kind)]
        elif kind is bool:
            words += ["`true`", "`false`"]
        elif get_origin(kind) is tuple:
            words.append("comma separated")
        else:
            words.append(NAMES.get(kind, "text"))
    bounds = [
        f"{word} {getattr(constraint, sign):,}"
        for constraint in field.metadata
        for sign, word in BOUNDS.items()
        if getattr(constraint, sign, None) is not None
    ]
    return ", ".join([" or ".join(words), *bounds])


NAMES = {int: "a whole number", float: "a number", Path: "a path"}
BOUNDS = {"ge": "at least", "gt": "above", "le": "at most"}


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    is_union = get_origin(annotation) not in (None, tuple, Literal)
    return get_args(annotation) if is_union else (annotation,)


if __name__ == "__main__":
    sys.stdout.write(example() if sys.argv[1:] == ["env"] else table())
