"""Pages that say exactly how far the database has come, so that a stream can go on behind them.

The offsets of `sink_offset` move in the transaction that writes the rows. Read in one statement
with a page, they are of the same snapshot: all rows of the topic below them are stored, none at
or behind them is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from cryptoviz.timescale import cursor as cursors
from cryptoviz.timescale.fetch import fetch
from cryptoviz.timescale.page import Page, cut
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.statements import query

Offsets = dict[int, int]

_decode = msgspec.json.Decoder(dict[int, int]).decode
_ORDER = re.compile(r"^( *)ORDER BY timestamp DESC", re.MULTILINE)
_TIES = ("partition", "offset")
_FIRST: list[cursors.Tie] = [-1, -1]


async def newest(
    pool: Pool,
    rows: str,
    topic: str,
    start: datetime,
    end: datetime,
    limit: int,
    *filters: str | None,
) -> tuple[Page, Offsets]:
    """Return the newest page of *rows* in [start, end), and the next offset of each partition.

    *rows* is `tickers`, `trades`, `articles`, `articles_of_crypto`, `alerts` or `alerts_of_pair`;
    *filters* are the parameters of its query behind the limit. *topic* is where they come from.
    """
    parameters: Sequence[Any] = (start, end, -1, -1, limit + 1, *filters, topic)
    row = await fetch(pool, _statement(rows, len(parameters)), *parameters)
    feed = rows.partition("_of_")[0]
    page = cut(row, limit, feed, [row[f"last_{tie}"] for tie in _TIES])
    return page, _decode(row["offsets"])


async def older(
    pool: Pool,
    rows: str,
    start: datetime,
    end: datetime,
    limit: int,
    cursor: str,
    offsets: Sequence[int],
    *filters: str | None,
) -> Page:
    """Return the page of *rows* behind *cursor*, without what was stored since the first page.

    *offsets* are those that came with that page, by partition. A late row that was stored since
    is in the stream behind them, so here it would come twice.
    """
    feed = rows.partition("_of_")[0]
    time, ties = cursors.decode(cursor, feed, (int, int))
    upper, behind = (time, ties) if time < end else (end, _FIRST)
    parameters: Sequence[Any] = (start, upper, *behind, limit + 1, *filters, list(offsets))
    row = await fetch(pool, _bounded(rows, len(parameters)), *parameters)
    return cut(row, limit, feed, [row[f"last_{tie}"] for tie in _TIES])


@functools.cache
def _bounded(rows: str, last_parameter: int) -> str:
    bound = f"AND source_offset < (${last_parameter}::bigint[])[source_partition + 1]"
    # The first order is that in which the table is read; the condition before it gets one more.
    statement, orders = _ORDER.subn(rf"\1    {bound}\n\g<0>", query(rows), count=1)
    assert orders, f"{rows} has no order to put a bound before"
    return statement


@functools.cache
def _statement(rows: str, last_parameter: int) -> str:
    # Two statements of sql/queries beside each other; the offsets' one parameter comes last.
    offsets = query("offsets_as_json").replace("$1", f"${last_parameter}")
    page = query(rows)
    # Only checked-in statements are put together here, never a value.
    return f"SELECT page.*, (\n{offsets}) AS offsets FROM (\n{page}) AS page"  # noqa: S608
