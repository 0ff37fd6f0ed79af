"""Tables and rows as lines to print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from cryptoviz.inspection.printing import Form, Line
from cryptoviz.inspection.view import PartitionState, TableRow, TableState, order

TABLE_COLUMNS = (
    "table",
    "partition",
    "rows",
    "lag",
    "watermark",
    "oldest_window",
    "newest_window",
    "size_s",
    "lateness_s",
    "key",
)
# In a terminal's table: said by its first columns, or of use to programs only.
_LEFT_OUT = {
    "crypto_symbol",
    "pair",
    "position",
    "window_end",
    "window_start",
}

_FIRST = ("revision", "final", "reason")


def table_lines(states: Iterable[TableState], form: Form) -> tuple[list[Line], Sequence[str]]:
    """Return *states* as lines: JSON has one for a table, the others one for each partition."""
    if form == "jsonl":
        return [msgspec.structs.asdict(state) for state in states], ()
    return [line for state in states for line in _partition_lines(state, form)], TABLE_COLUMNS


def row_lines(rows: Sequence[TableRow], form: Form) -> tuple[Iterable[Line], Sequence[str]]:
    """Return *rows* as lines, and their columns."""
    if form == "jsonl":
        return map(msgspec.structs.asdict, rows), ()
    if form == "csv":
        values = [{"key": row.key} | msgspec.json.decode(row.value) for row in rows]
        return values, columns_of(values)
    lines = [_terminal_line(row) for row in rows]
    return lines, columns_of(lines)


def columns_of(lines: Iterable[Line]) -> list[str]:
    """Return the fields of all *lines*, in the order in which they first come."""
    return list(dict.fromkeys(name for line in lines for name in line))


def _partition_lines(state: TableState, form: Form) -> Iterator[dict[str, Any]]:
    about = {name: getattr(state, name) for name in ("table", "key", "size_s", "lateness_s")}
    for number, partition in enumerate(state.partitions):
        line = about | msgspec.structs.asdict(partition)
        if form == "table":
            line |= _times(partition)
            if number:
                line |= dict.fromkeys(about)
        yield line


def _times(partition: PartitionState) -> dict[str, str | None]:
    return {
        name: None if (time_s := getattr(partition, name)) is None else _clock(time_s)
        for name in ("watermark", "oldest_window", "newest_window")
    }


def _terminal_line(row: TableRow) -> dict[str, Any]:
    subject, start, _ = order(row.key)
    line: dict[str, Any] = {"key": subject}
    if subject != row.key:
        line["window"] = _clock(start)
    value = msgspec.json.decode(row.value)
    # How far a window is comes first, for a narrow terminal leaves out what comes last.
    ordered = {name: value[name] for name in _FIRST if name in value} | value
    return line | {
        name: each
        for name, each in ordered.items()
        if name not in _LEFT_OUT and not isinstance(each, list | dict) and "_time" not in name
    }


def _clock(time_s: float) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%m-%d %H:%M:%S}"
