"""Names of tables for the shell's completion, found without waiting for anything."""

from __future__ import annotations

import re
from typing import Any

import click

from cryptoviz.environment import SettingsError
from cryptoviz.settings import load

# Each is known by this name everywhere, whatever the size of its windows.
USUAL = (
    "alerts",
    "candles",
    "candles_1d",
    "candles_1h",
    "candles_5m",
    "crypto_configuration",
    "instruments",
    "predictions",
    "prices",
    "scores",
    "sentiment",
    "sentiment_skill",
    "visualization_parameters",
)


def complete_table(_: click.Context, __: click.Parameter, incomplete: str) -> list[Any]:
    """Return the tables that begin with *incomplete*: the usual ones, and those with files here."""
    return [name for name in _names() if name.startswith(incomplete)]


def _names() -> list[str]:
    names = set(USUAL)
    try:
        settings = load()
        directory = settings.cryptoviz_data_dir / settings.cryptoviz_id / "v1" / "tables"
        names |= {re.sub(r"-[0-9]+\.db$", "", path.name) for path in directory.glob("*.db")}
    except (SettingsError, OSError):
        # A completion that fails must not spill over the command line.
        pass
    return sorted(names)
