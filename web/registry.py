"""Every table of the worker by its name, whichever module declares it."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any, TypeVar

from cryptoviz.app import STREAM_MODULES
from tables import configuration
from tables.rows import Rows
from tables.windowed import WindowedTable

Table = TypeVar("Table")


@cache
def windowed() -> dict[str, WindowedTable[Any]]:
    """Return the windowed tables."""
    return {table.name: table for table in _declared(WindowedTable)}


@cache
def plain() -> dict[str, Rows]:
    """Return the tables whose rows are no windows."""
    configurations = [each.rows for each in _declared(configuration.Configuration)]
    return {rows.name: rows for rows in [*_declared(Rows), *configurations]}


def _declared(kind: type[Table]) -> list[Table]:
    modules = [importlib.import_module(name) for name in STREAM_MODULES if name.startswith("table")]
    values = [value for module in modules for value in vars(module).values()]
    lists = [each for value in values if isinstance(value, list) for each in value]
    return [value for value in [*values, *lists] if isinstance(value, kind)]
