"""One page of rows, as the JSON that the database made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from cryptoviz.timescale import cursor as cursors
from cryptoviz.timescale.fetch import fetch
from cryptoviz.timescale.gather import Gather
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.statements import query

# Between two objects of a body. JSON writes a newline inside a string as \n, so this is unique.
SEPARATOR = b",\n"


class Page(NamedTuple):
    """*rows* JSON objects with commas between; *next_cursor* leads on, None at the end.

    They may be a part of a longer text, so that an answer copies them once.
    """

    objects: bytes | memoryview
    rows: int
    next_cursor: str | None

    @property
    def body(self) -> bytes:
        """The objects as a JSON array."""
        return b"".join((b"[", self.objects, b"]"))


@dataclass(frozen=True)
class Feed:
    """A kind of rows in their order of time.

    *ties* are the columns that order rows of one time, *types* those of their values. *gather*
    asks for many readers at once, of feeds whose pages all take the same little time.
    """

    name: str
    ties: tuple[str, ...]
    types: tuple[type[cursors.Tie], ...]
    gather: Gather | None = None

    @cached_property
    def first_ties(self) -> Sequence[cursors.Tie]:
        """What sorts before the ties of every row."""
        return [-1 if of_type is int else "" for of_type in self.types]

    @cached_property
    def last_ties(self) -> Sequence[str]:
        """The columns of a page's statement that hold the ties of its last row."""
        return [f"last_{tie}" for tie in self.ties]


def begin(feed: Feed, end: datetime, cursor: str | None) -> tuple[datetime, Sequence[cursors.Tie]]:
    """Return the time and the ties of where a page begins: behind *cursor*, not after *end*.

    All rows of the page sort before them. Raises `cursor.CursorError`.
    """
    if cursor is not None:
        time, ties = cursors.decode(cursor, feed.name, feed.types)
        if time < end:
            return time, ties
    return end, feed.first_ties


async def read(
    pool: Pool,
    feed: Feed,
    statement: str,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str | None,
    *filters: object,
) -> Page:
    """Return the newest *limit* rows in [start, end) behind *cursor*.

    *statement* is the query's name. Raises `cursor.CursorError`.
    """
    end, ties = begin(feed, end, cursor)
    # One row more than asked for tells whether there is another page.
    parameters = (start, end, *ties, limit + 1, *filters)
    if feed.gather is None:
        row = await fetch(pool, query(statement), *parameters)
    else:
        row = await feed.gather.ask(pool, *parameters)
    return cut(row, limit, feed.name, [row[tie] for tie in feed.last_ties])


def cut(row: Any, limit: int, order: str, last_ties: Sequence[cursors.Tie]) -> Page:
    """Return the page in *row*, which has one row more than *limit* if another page follows."""
    objects = (row["body"] or "").encode()
    if row["found"] <= limit:
        return Page(objects, row["found"], None)
    kept = memoryview(objects)[: objects.rindex(SEPARATOR)]
    return Page(kept, limit, cursors.encode(order, row["last_time"], last_ties))
