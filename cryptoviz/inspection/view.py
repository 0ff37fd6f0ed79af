"""What `/inspect/` answers, as types that both the worker and `cryptoviz inspect` know."""

from __future__ import annotations

from typing import Any

import msgspec

MOST_ROWS = 1_000


class PartitionState(msgspec.Struct, kw_only=True):
    """One partition of a table on the worker that holds it. Times are Unix seconds.

    *watermark* is the event time before which records are late. *lag* counts the records of the
    table's topic that are not folded yet; where rows are no windows, those of its topics that are
    not committed yet. All are null where there is no such thing, or no record yet.
    """

    partition: int
    rows: int
    watermark: float | None = None
    oldest_window: int | None = None
    newest_window: int | None = None
    lag: int | None = None


class TableState(msgspec.Struct, kw_only=True):
    """A table and its partitions. *key* names the fields that its keys are made of.

    *size_s*, *lateness_s* and *retention_s* are null where rows are no windows.
    """

    table: str
    help: str
    key: str
    size_s: int | None = None
    lateness_s: float | None = None
    retention_s: float | None = None
    changelog: str
    partitions: list[PartitionState]


class TableStates(msgspec.Struct, kw_only=True):
    """All tables, by name. In *rows*, as in every answer that is gathered from workers."""

    rows: list[TableState]


class TableRow(msgspec.Struct, kw_only=True):
    """A row under its key; *value* is byte for byte what the changelog has."""

    key: str
    partition: int
    value: msgspec.Raw


class AnyRow(msgspec.Struct, kw_only=True):
    """A row under its key, as documents describe it."""

    key: str
    partition: int
    value: dict[str, Any]


class TableRows(msgspec.Struct, kw_only=True):
    """Rows in the order of subject and window; *next* is the `after` of the next page."""

    table: str
    rows: list[AnyRow]
    next: str | None = None


def order(key: str) -> tuple[str, int, str]:
    """Return what rows are ordered by: subject, window start or time, and the rest of the key."""
    subject, separator, behind = key.partition("|")
    start, _, rest = behind.partition("|")
    if separator and start.isdecimal():
        return subject, int(start), rest
    return key, 0, ""
