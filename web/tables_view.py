"""`/inspect/tables/` and `/inspect/tables/{table}/`: tables and their rows, for people who look.

Unlike `/live/` these show all rows, of cryptos that are not active too, under their keys.
"""

from __future__ import annotations

from heapq import nsmallest
from typing import Annotated

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
from web import registry
from web.answers import Answer, json_answer
from web.forward import HERE, rows_elsewhere
from web.live import LiveQuery, TableName, WindowText
from web.live_rows import known, ready
from web.operation import answers, page
from web.table_rows import Wanted, plain_here, windows_here
from web.table_states import states_here


class RowsQuery(LiveQuery, kw_only=True):
    """A page of rows: those behind the key *after*, of one *subject* or of all.

    *window* leaves out windows, not rows that are none.
    """

    subject: Annotated[str, Meta(max_length=200)] | None = None
    window: WindowText | None = None
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
    wanted, windowed = _wanted(query), registry.windowed().get(table)
    if windowed is not None:
        rows, found = windowed.rows, windows_here(windowed, wanted, query.limit)
    else:
        rows = registry.plain()[table]
        found = plain_here(rows, wanted, query.limit)
    topic = rows.table.changelog_topic_name
    if query.scope != HERE and topic not in _global_topics():
        for row in await rows_elsewhere(topic, f"/inspect/tables/{table}/", _given(query)):
            found.append(msgspec.json.decode(row, type=TableRow))
        found = nsmallest(query.limit, found, key=lambda row: order(row.key))
    cursor = found[-1].key if len(found) == query.limit else None
    return json_answer({"table": table, "rows": found, "next": cursor})


def _wanted(query: RowsQuery) -> Wanted:
    after = None if query.after is None else order(query.after)
    if query.window is None:
        return Wanted(query.subject, after=after)
    if query.window == "latest":
        return Wanted(query.subject, latest=True, after=after)
    first, dots, end = query.window.partition("..")
    low = int(first)
    return Wanted(query.subject, low, int(end) if dots else low + 1, after=after)


def _given(query: RowsQuery) -> dict[str, str]:
    """Return *query* as another worker is asked it."""
    asked = msgspec.structs.asdict(query)
    return {name: str(value) for name, value in asked.items() if value is not None}


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
