"""`/live/{table}/` and `/live/{table}/{key}/`: the rows that this worker holds, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from faust.types.web import Request, Response, View

from cryptoviz import pair, topics
from cryptoviz.app import app
from tables import alerts, instruments
from tables.candles import candles
from tables.prices import prices
from tables.rows import Rows
from tables.sentiment import sentiment
from tables.windowed import WindowedTable
from web.answers import json_bytes, limit_of, problem

WINDOWED: dict[str, WindowedTable[Any]] = {
    table.name: table for table in (candles, prices, sentiment)
}
PLAIN: dict[str, Rows] = {rows.name: rows for rows in (alerts.rows, instruments.rows)}


@app.page("/live/{table}/")
async def live_table(view: View, request: Request, table: str) -> Response:
    """Answer with the newest window of each subject, or with every row of a plain table."""
    if table in WINDOWED:
        return _rows(view, table, None, WINDOWED[table].newest())
    if table in PLAIN:
        rows = PLAIN[table]
        values = (value for partition in rows.partitions() for _, value in rows.scan(partition))
        return _rows(view, table, None, values)
    return _unknown_table(view, table)


@app.page("/live/{table}/{key:.+}/")
async def live_key(view: View, request: Request, table: str, key: str) -> Response:
    """Answer with the windows of one subject, newest first, at most `limit` (100)."""
    if table not in WINDOWED and table not in PLAIN:
        return _unknown_table(view, table)
    try:
        subject = _subject(table, key)
        limit = limit_of(request.query.get("limit"))
    except ValueError as error:
        return problem(view, 400, "Bad request", f"{error}.")
    if table in WINDOWED:
        values = list(WINDOWED[table].history(subject, limit))
    else:
        values = PLAIN[table].find(subject.encode())[:limit]
    if not values:
        return problem(view, 404, "Not found", f"Table {table} has no row for {subject!r} here.")
    return _rows(view, table, subject, values)


def _subject(table: str, text: str) -> str:
    if table == sentiment.name:
        return pair.crypto(text)
    return pair.normalise(text, topics.rules.quotes)


def _rows(view: View, table: str, key: str | None, values: Iterable[bytes]) -> Response:
    # The values are JSON already; decoding them to encode them again would be the whole cost.
    named = f'"table":"{table}",' + (f'"key":"{key}",' if key else "")
    return json_bytes(view, b'{%s"rows":[%s]}' % (named.encode(), b",".join(values)))


def _unknown_table(view: View, name: str) -> Response:
    known = ", ".join(sorted([*WINDOWED, *PLAIN]))
    return problem(view, 404, "Not found", f"There is no table {name!r}; there are {known}.")
