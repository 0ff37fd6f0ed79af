"""`/live/{table}/` and `/live/{table}/{key}/`: rows of the tables, whoever holds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from faust.types.web import Request, View
from msgspec import Meta

from web.answers import Answer, Refusal
from web.live_rows import known, newest, subject_of, windows
from web.operation import answers, page

# Long enough for a crowd that asks the same, too short for anybody to notice.
LIVE_AGE_S = 0.2
TableName = Annotated[str, Meta(max_length=100, description="The table.", examples=["candles"])]
KeyText = Annotated[
    str, Meta(min_length=1, max_length=100, description="A pair or a crypto.", examples=["BTC/USD"])
]

# More than a page: workers ask each other for the windows of whole ranges.
WindowLimit = Annotated[
    int, Meta(ge=1, le=10_000, description="Most windows of each key, newest first.")
]
WindowText = Annotated[
    str,
    Meta(
        pattern=r"^(latest|[0-9]{1,12}(\.\.[0-9]{1,12})?)$",
        description="`latest`, a window's start (Unix s), or a range of starts `from..to`, end "
        "exclusive; of predictions the times predicted for.",
        examples=["latest"],
    ),
]


class LiveQuery(msgspec.Struct, kw_only=True):
    """*scope* `here` asks for the rows of the answering worker alone."""

    scope: Literal["all", "here"] = "all"


class WindowQuery(LiveQuery, kw_only=True):
    """Which windows; *limit* is for each key."""

    window: WindowText | None = None
    limit: WindowLimit = 100


class LiveRows(msgspec.Struct, kw_only=True):
    """Rows as the changelog has them.

    A window carries its provenance: *offsets* by source partition, *revision*, *final*.
    """

    table: str
    key: str | None = None
    rows: list[dict[str, Any]]


@page("/live/{table}/")
@answers(LiveRows, problems=(400, 404, 503), cached_s=LIVE_AGE_S)
async def live_table(view: View, request: Request, table: TableName, query: WindowQuery) -> Answer:
    """Return the newest window of each key, those of a `window`, or every row of a plain table."""
    table = known(table)
    return _answer(table, None, await newest(table, query.scope, query.window, query.limit))


@page("/live/{table}/{key:.+}/")
@answers(LiveRows, problems=(400, 404, 503), cached_s=LIVE_AGE_S)
async def live_key(
    view: View, request: Request, table: TableName, key: KeyText, query: WindowQuery
) -> Answer:
    """Return the windows of one subject, newest first."""
    table = known(table)
    subject = subject_of(table, key)
    values = await windows(table, subject, query.limit, query.window, query.scope)
    if not values:
        raise Refusal(404, f"Table {table} has no row for {subject!r}.", parameter="key", value=key)
    return _answer(table, subject, values)


def _answer(table: str, key: str | None, values: Iterable[bytes]) -> Answer:
    # The values are JSON already; decoding them to encode them again would be the whole cost.
    named = f'"table":"{table}",' + (f'"key":"{key}",' if key else "")
    return Answer(b'{%s"rows":[%s]}' % (named.encode(), b",".join(values)))
