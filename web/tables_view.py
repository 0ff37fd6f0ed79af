"""`/inspect/tables/` and `/inspect/tables/{table}/`: tables and their rows, for people who look.

Unlike `/live/` these show all rows, of cryptos that are not active too, under their keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest
from typing import Annotated, Any

import msgspec
from faust.types.web import Request, View
from msgspec import Meta

from cryptoviz.inspection.view import (
    MOST_ROWS,
    TableRow,
    TableRows,
    TableState,
    TableStates,
    order,
)
from tables.rows import Rows
from tables.windowed import WindowedTable
from web import registry
from web.answers import Answer, json_answer
from web.forward import HERE, rows_elsewhere
from web.live import LiveQuery, TableName
from web.live_rows import known, ready
from web.operation import answers, page
from web.table_states import states_here

# What rows are ordered by, their partition, their key.
RowPlace = tuple[tuple[str, int, str], int, bytes]


class RowsQuery(LiveQuery, kw_only=True):
    """A page of rows: those behind the key *after*, of one *subject* or of all."""

    subject: Annotated[str, Meta(max_length=200)] | None = None
    after: Annotated[str, Meta(max_length=400)] | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_ROWS)] = MOST_ROWS


@page("/inspect/tables/")
@answers(TableStates, problems=(400, 503))
async def inspect_tables(view: View, request: Request, query: LiveQuery) -> Answer:
    """Return every table: its sizes, and of each partition rows, watermark, windows and lag."""
    ready()
    states = {state.table: state for state in states_here()}
    if query.scope != HERE:
        for topic in {state.changelog for state in states.values()} - _global_topics():
            for row in await rows_elsewhere(topic, "/inspect/tables/", {}):
                _merge(states, msgspec.json.decode(row, type=TableState), topic)
    for state in states.values():
        state.partitions.sort(key=lambda each: each.partition)
    return json_answer(TableStates(rows=sorted(states.values(), key=lambda each: each.table)))


@page("/inspect/tables/{table}/")
@answers(TableRows, problems=(400, 404, 503))
async def inspect_rows(view: View, request: Request, table: TableName, query: RowsQuery) -> Answer:
    """Return a page of all rows of a table, under their keys."""
    table = known(table)
    after = None if query.after is None else order(query.after)
    windowed = registry.windowed().get(table)
    rows = windowed.rows if windowed else registry.plain()[table]
    found = list(_rows_here(table, query.subject, after, query.limit))
    topic = rows.table.changelog_topic_name
    if query.scope != HERE and topic not in _global_topics():
        asked = {"limit": str(query.limit), "subject": query.subject, "after": query.after}
        given = {name: value for name, value in asked.items() if value is not None}
        for row in await rows_elsewhere(topic, f"/inspect/tables/{table}/", given):
            found.append(msgspec.json.decode(row, type=TableRow))
        found = nsmallest(query.limit, found, key=lambda row: order(row.key))
    cursor = found[-1].key if len(found) == query.limit else None
    return json_answer({"table": table, "rows": found, "next": cursor})


def _merge(states: dict[str, TableState], found: TableState, topic: str) -> None:
    """Take over the partitions of one table that another worker holds."""
    if found.changelog == topic and found.table in states:
        there = {each.partition for each in states[found.table].partitions}
        new = [each for each in found.partitions if each.partition not in there]
        states[found.table].partitions += new


def _global_topics() -> set[str]:
    return {
        rows.table.changelog_topic_name
        for rows in registry.plain().values()
        if rows.table.is_global
    }


def _rows_here(
    table: str, subject: str | None, after: tuple[str, int, str] | None, limit: int
) -> list[TableRow]:
    """Return the first *limit* rows on this worker behind *after*, in their order."""
    windowed = registry.windowed().get(table)
    rows = windowed.rows if windowed else registry.plain()[table]
    places = _windows_here(windowed) if windowed else _plain_here(rows)
    wanted = (
        place
        for place in places
        if (after is None or place[0] > after)
        and (subject is None or place[2].decode().partition("|")[0] == subject)
    )
    found = [(number, key, rows.read(number, key)) for _, number, key in nsmallest(limit, wanted)]
    return [
        TableRow(key=key.decode(), partition=number, value=msgspec.Raw(value))
        for number, key, value in found
        if value is not None
    ]


def _plain_here(rows: Rows) -> Iterator[RowPlace]:
    for number in rows.held_partitions():
        for key, _ in rows.scan(number):
            yield order(key.decode()), number, key


def _windows_here(table: WindowedTable[Any]) -> Iterator[RowPlace]:
    for number, memory in table.held():
        for subject in memory.subjects():
            for start in memory.starts(subject):
                yield (subject, start, ""), number, table.key(subject, start)
