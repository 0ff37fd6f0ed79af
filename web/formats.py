"""Tables of rows as CSV or Arrow: which is wanted, and how rows become it."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
import types
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, Union, get_args, get_origin, get_type_hints

from faust.types.web import Request

from web.answers import JSON, Refusal, weights

CSV = "text/csv"
ARROW = "application/vnd.apache.arrow.stream"
HAS_ARROW = importlib.util.find_spec("pyarrow") is not None
TABULAR = (JSON, CSV, ARROW) if HAS_ARROW else (JSON, CSV)

Row = dict[str, Any]


class Writer(Protocol):
    """Turns rows into bytes, some at a time."""

    def write(self, rows: list[Row]) -> bytes:
        """Return the bytes of some more rows."""

    def end(self) -> bytes:
        """Return what stands at the end."""


def wanted(request: Request) -> str:
    """Return the format that the request's `Accept` prefers; JSON unless it names another."""
    headers: Any = request.headers
    return _preferred(headers.get("Accept", ""))


@lru_cache(maxsize=256)
def _preferred(accepted: str) -> str:
    kinds = {JSON: JSON, "*/*": JSON, "application/*": JSON, "text/*": CSV, CSV: CSV, ARROW: ARROW}
    found = {name: weight for name, weight in weights(accepted).items() if name in kinds}
    # Of equal weights the first one.
    best = max(found, key=lambda name: found[name], default=JSON)
    return kinds[best] if found.get(best) else JSON


def writer_of(kind: str, row: type[Any]) -> Writer:
    """Return a writer of *kind* for rows of the type *row*; raises `Refusal` (406) if it cannot."""
    if kind == CSV:
        return CsvWriter(list(row.__struct_fields__))
    if not HAS_ARROW:
        raise Refusal(406, "Arrow needs pyarrow, which is not installed here.")
    return ArrowWriter(row)


class CsvWriter:
    """CSV as RFC 4180 says, with a header."""

    def __init__(self, names: list[str]) -> None:
        self._text = io.StringIO()
        self._writer = csv.DictWriter(self._text, names, lineterminator="\r\n")
        self._writer.writeheader()

    def write(self, rows: list[Row]) -> bytes:
        """Return the lines of some more rows."""
        self._writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
        return self._taken()

    def end(self) -> bytes:
        """Return the header if there were no rows."""
        return self._taken()

    def _taken(self) -> bytes:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text.encode()


class ArrowWriter:
    """A stream of Arrow record batches, typed as the rows are declared."""

    def __init__(self, row: type[Any]) -> None:
        self._arrow = importlib.import_module("pyarrow")
        hints = get_type_hints(row)
        self._times = [name for name, hint in hints.items() if _plain(hint) is datetime]
        fields = [(name, self._type(_plain(hint))) for name, hint in hints.items()]
        self._schema = self._arrow.schema(fields)
        self._sink = io.BytesIO()
        self._stream = self._arrow.ipc.new_stream(self._sink, self._schema)

    def write(self, rows: list[Row]) -> bytes:
        """Return a record batch of some more rows."""
        for name in self._times:
            for row in rows:
                row[name] = row[name] and datetime.fromisoformat(row[name])
        if rows:
            self._stream.write_batch(self._arrow.RecordBatch.from_pylist(rows, self._schema))
        return self._taken()

    def end(self) -> bytes:
        """Return the mark of the stream's end."""
        self._stream.close()
        return self._taken()

    def _taken(self) -> bytes:
        taken = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return taken

    def _type(self, hint: Any) -> Any:
        makers: dict[Any, Callable[[], Any]] = {
            datetime: lambda: self._arrow.timestamp("us", "UTC"),
            float: self._arrow.float64,
            int: self._arrow.int64,
            bool: self._arrow.bool_,
            list: lambda: self._arrow.list_(self._arrow.string()),
        }
        return makers.get(get_origin(hint) or hint, self._arrow.string)()


def _plain(hint: Any) -> Any:
    """Return *hint* without its None."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(option for option in get_args(hint) if option is not type(None))
    return hint


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(str(each) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return value
