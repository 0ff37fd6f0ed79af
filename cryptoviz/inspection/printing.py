"""Rows for people and for programs: a table on a terminal, JSON lines in a pipe, CSV on request."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

Form = Literal["table", "jsonl", "csv"]
FORMS: tuple[Form, ...] = ("table", "jsonl", "csv")
Line = Mapping[str, Any]
# A last column that is longer than this is wrapped rather than left out.
LEAST_SENTENCE = 24
# Between two columns.
GAP = 2

_encode = msgspec.json.Encoder(enc_hook=str).encode

form_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    help="How to print. Default: a table on a terminal, JSON lines elsewhere.",
)


def chosen(form: Form | None) -> Form:
    """Return *form*, or the one that fits standard output."""
    return form or ("table" if sys.stdout.isatty() else "jsonl")


def print_lines(lines: Iterable[Line], columns: Sequence[str], form: Form | None) -> None:
    """Print *lines*; a table and CSV have *columns*, JSON has all fields of each line."""
    form = chosen(form)
    if form == "jsonl":
        for line in lines:
            sys.stdout.write(_encode(line).decode() + "\n")
    elif form == "csv":
        _print_csv(lines, columns)
    else:
        Console().print(as_table(lines, columns))
    sys.stdout.flush()


def as_table(lines: Iterable[Line], columns: Sequence[str], width: int | None = None) -> Table:
    """Return a table for a terminal of *width*; columns that do not fit are named below it."""
    lines = list(lines)
    cells = {column: [shown(line.get(column)) for line in lines] for column in columns}
    fitting = _fitting(cells, width or Console().width)
    table = Table(header_style="bold", box=None, pad_edge=False, caption_justify="left")
    for column in fitting:
        numbers = all(isinstance(line.get(column), int | float | None) for line in lines)
        # The last one may be a sentence; the others are only good whole.
        table.add_column(
            column, justify="right" if numbers else "left", no_wrap=column != columns[-1]
        )
    for number in range(len(lines)):
        table.add_row(*(escape(cells[column][number]) for column in fitting))
    if left_out := columns[len(fitting) :]:
        table.caption = f"Too wide for this terminal: {', '.join(left_out)}."
    return table


def _fitting(cells: Mapping[str, Sequence[str]], width: int) -> list[str]:
    """Return the first columns of *cells* that fit, at least one; the last one can be wrapped."""
    fitting: list[str] = []
    for column, texts in cells.items():
        longest = max(map(len, [column, *texts]))
        is_last = len(fitting) == len(cells) - 1
        width -= min(longest, LEAST_SENTENCE) if is_last else longest + GAP
        if width < 0 and fitting:
            break
        fitting.append(column)
    return fitting


def shown(value: Any) -> str:
    """Return a cell of a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.8g}" if abs(value) < 1e8 else f"{value:.3f}"
    return str(value)


def _print_csv(lines: Iterable[Line], columns: Sequence[str]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for line in lines:
        writer.writerow([_cell(line.get(column)) for column in columns])
        sys.stdout.write(text.getvalue())
        text.seek(0)
        text.truncate()
    sys.stdout.write(text.getvalue())


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return _encode(value).decode()
    return value
