"""Whole ranges as CSV or Arrow, streamed: page after page, as the client takes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, get_args, get_type_hints
from urllib.parse import parse_qsl, urlsplit

import orjson
from aiohttp import web
from faust.types.web import Request

from web.answers import Answer
from web.formats import writer_of
from web.queries import MOST_ROWS

# Reads the page that a query asks for.
ReadPage = Callable[[dict[str, str]], Awaitable[Answer]]


async def whole_range(request: Request, answer: Any, kind: str, read: ReadPage) -> Any:
    """Return rows of the declared type *answer* in the format *kind*.

    All rows of the range, unless the query has a `limit`: then the one page of it. What goes
    wrong before the first row is refused as elsewhere; later it can only cut the stream off.
    """
    of: Any = request
    query = dict(of.query)
    is_page = "limit" in query
    writer = writer_of(kind, row_type(answer))
    page = orjson.loads((await read(query if is_page else {**query, "limit": str(MOST_ROWS)})).body)
    response = web.StreamResponse(headers={"Content-Type": kind, "Vary": "Accept"})
    if of.method == "HEAD":
        return response
    response.enable_compression()
    await response.prepare(of)
    while True:
        await response.write(writer.write(page["data"]))
        if is_page or not page["next"]:
            break
        following = dict(parse_qsl(urlsplit(page["next"]).query))
        page = orjson.loads((await read(following)).body)
    await response.write(writer.end())
    return response


def row_type(answer: Any) -> Any:
    """Return the type of the rows in the `data` of the declared type *answer*."""
    if rows := get_args(answer):
        return rows[0]
    return get_args(get_type_hints(answer)["data"])[0]
