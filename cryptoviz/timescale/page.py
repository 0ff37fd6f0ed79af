"""One page of rows, as the JSON that the database made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptoviz.timescale import cursor as cursors
from cryptoviz.timescale.failures import retrying, transient
from cryptoviz.timescale.pool import Pool, acquire
from cryptoviz.timescale.statements import query

# A reader waits for the answer: one that lost its connection may ask once more, not for long.
READ_PATIENCE_S = 1.0

# Between two objects of a body. JSON writes a newline inside a string as \n, so this is unique.
SEPARATOR = ",\n"


@dataclass(frozen=True, slots=True)
class Page:
    """*body* is a JSON array of *rows* objects; *next_cursor* leads on, None at the end."""

    body: bytes
    rows: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A kind of rows in their order of time.

    *ties* are the columns that order rows of one time, *types* those of their values.
    """

    name: str
    ties: tuple[str, ...]
    types: tuple[type[cursors.Tie], ...]

    @property
    def first_ties(self) -> list[cursors.Tie]:
        """What sorts before the ties of every row."""
        return [-1 if of_type is int else "" for of_type in self.types]


async def read(
    pool: Pool,
    feed: Feed,
    statement: str,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None,
    newest_first: bool,
    *filters: object,
) -> Page:
    """Return the first *limit* rows in [start, end) behind *cursor*, in the order asked for.

    *statement* is the query's name without its order. Raises `cursor.CursorError`.
    """
    order = "newest_first" if newest_first else "oldest_first"
    lower, upper, ties = start, end, feed.first_ties
    if cursor is not None:
        time, behind = cursors.decode(cursor, f"{feed.name} {order}", feed.types)
        if newest_first and time < end:
            upper, ties = time, behind
        elif not newest_first and time >= start:
            lower, ties = time, behind
    # One row more than asked for tells whether there is another page.
    parameters = (lower, upper, *ties, limit + 1, *filters)
    row = await fetch(pool, query(f"{statement}_{order}"), *parameters)
    last = [row[f"last_{tie}"] for tie in feed.ties]
    return cut(row, limit, f"{feed.name} {order}", last)


async def fetch(pool: Pool, statement: str, *parameters: Any) -> Any:
    """Return the one row of *statement*, asking again if the connection is lost."""
    try:
        return await _ask(pool, statement, *parameters)
    except Exception as error:
        if not transient(error):
            raise
    # Only now, since setting up retries takes as long as the query.
    async for attempt in retrying(READ_PATIENCE_S):
        with attempt:
            row = await _ask(pool, statement, *parameters)
    return row


async def _ask(pool: Pool, statement: str, *parameters: Any) -> Any:
    async with acquire(pool) as connection:
        return await connection.fetchrow(statement, *parameters)


def cut(row: Any, limit: int, order: str, last_ties: Sequence[cursors.Tie]) -> Page:
    """Return the page in *row*, which has one row more than *limit* if another page follows."""
    body: str = row["body"] or ""
    if row["found"] <= limit:
        return Page(f"[{body}]".encode(), row["found"], None)
    kept = body[: body.rindex(SEPARATOR)]
    following = cursors.encode(order, row["last_time"], last_ties)
    return Page(f"[{kept}]".encode(), limit, following)
