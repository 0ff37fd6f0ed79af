"""Tables of rows in the format that a client accepts: JSON, CSV or Arrow."""

from __future__ import annotations

import csv
import importlib.util
import io
from typing import Any

import orjson
from faust.types.web import Request

from web.answers import JSON, Answer, Refusal

CSV = "text/csv"
ARROW = "application/vnd.apache.arrow.stream"
HAS_ARROW = importlib.util.find_spec("pyarrow") is not None
TABULAR = (JSON, CSV, ARROW) if HAS_ARROW else (JSON, CSV)


def wanted(request: Request) -> str:
    """Return the format that the request's `Accept` asks for; JSON unless it names another."""
    headers: Any = request.headers
    accepted: str = headers.get("Accept", "")
    if not accepted or accepted == "*/*":
        return JSON
    for part in accepted.split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind in (CSV, ARROW):
            return kind
        if kind in (JSON, "*/*", "application/*"):
            return JSON
    return JSON


async def tabulated(request: Request, answer: Answer) -> Answer:
    """Return the rows of *answer*, a page, in the format that is wanted."""
    kind = wanted(request)
    if kind == JSON:
        return answer
    rows = orjson.loads(answer.body)["data"]
    body = as_csv(rows) if kind == CSV else as_arrow(rows)
    return Answer(body, kind, answer.status, answer.headers)


def as_csv(rows: list[dict[str, Any]], *, header: bool = True) -> bytes:
    """Return *rows*, which have the same fields, as CSV (RFC 4180)."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
        if header:
            writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def as_arrow(rows: list[dict[str, Any]]) -> bytes:
    """Return *rows* as a stream of Arrow; raises `Refusal` (406) where pyarrow is missing."""
    if not HAS_ARROW:
        raise Refusal(406, "Arrow needs pyarrow, which is not installed here.")
    import pyarrow

    table = pyarrow.Table.from_pylist(rows)
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(str(each) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return value
