"""Settings as environment variables: where a value is found, and how one that is wrong is told.

A secret may also be given as a file: the variable `X_FILE` holds a path whose content, without
its final newline, becomes `X`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECRET_FIELDS = ("kafka_sasl_password", "timescale_dsn")


class SettingsError(ValueError):
    """The environment holds values that the application cannot start with."""


def lookup(environ: Mapping[str, str], name: str) -> str | None:
    """Return the value of the setting *name*; raises `SettingsError` if its file is unreadable."""
    variable = name.upper()
    value = environ.get(variable)
    if name in SECRET_FIELDS and not value and (path := environ.get(f"{variable}_FILE")):
        try:
            return Path(path).read_text().removesuffix("\n")
        except OSError as error:
            raise SettingsError(f"{variable}_FILE cannot be read: {error}.") from None
    return value


def sentence(problem: Any) -> str:
    """Return a sentence that says one of pydantic's problems, and never a secret."""
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ") + "."
    variable = str(problem["loc"][0]).upper()
    reason = str(problem["msg"]).removeprefix("Value error, ")
    shown = "(hidden)" if variable.lower() in SECRET_FIELDS else repr(problem["input"])
    return f"{variable} is wrong: {reason[:1].lower()}{reason[1:]}, was {shown}."
