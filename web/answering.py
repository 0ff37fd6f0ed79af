"""Answers requests by what an operation declares: parses, asks the handler, keeps, refuses."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web
from faust.types.web import Request
from faust.web import View
from msgspec import Struct

from cryptoviz.timescale import cursor as history_cursor
from cryptoviz.timescale.failures import transient
from web import formats, parameters
from web.answers import JSON, Answer, Refusal, bad_parameter, refuse, respond, unavailable
from web.cache import AnswerCache
from web.whole_range import whole_range

if TYPE_CHECKING:
    from web.operation import Operation

log = logging.getLogger(__name__)

# SQLSTATE of a database in which the sink has not made its tables, or its functions, yet.
NOT_MIGRATED = ("42P01", "42883")
_cache = AnswerCache()


def answering(operation: Operation, handler: Any) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return the method of a view that answers with what *handler* finds."""

    async def answer(view: View, request: Request, **match: str) -> web.StreamResponse:
        try:
            found = await _found(operation, handler, view, request, match)
            return respond(request, found) if isinstance(found, Answer) else found
        except Refusal as refusal:
            return refuse(refusal)
        except history_cursor.CursorError as error:
            given = request.query.get("cursor", "")
            return refuse(bad_parameter("cursor", given, str(error)))
        except web.HTTPException:
            raise
        except Exception as error:
            return refuse(failure(request, error))

    answer.__doc__ = handler.__doc__
    return answer


async def _found(
    operation: Operation, handler: Any, view: View, request: Request, match: dict[str, str]
) -> Any:
    """Return what the handler finds, or what it found a moment ago."""
    age_s = operation.declared.cached_s
    if age_s and formats.wanted(request) == JSON:
        key: str = request.raw_path  # type: ignore[attr-defined]
        if (kept := _cache.get(key)) is not None:
            return kept
        return await _cache.once(
            key, lambda: _asked(operation, handler, view, request, match), age_s
        )
    found = await _asked(operation, handler, view, request, match)
    if operation.method != "get":
        # What was written is to be seen at once.
        _cache.clear()
    return found


async def _asked(
    operation: Operation, handler: Any, view: View, request: Request, match: dict[str, str]
) -> Any:
    arguments = _arguments(operation, request, match)
    if operation.body is not None:
        arguments["body"] = await parameters.body_of(operation.body, request)
    kind = formats.wanted(request)
    if not operation.declared.tabular or kind == JSON:
        return await handler(view, request, **arguments)

    async def read(query: dict[str, str]) -> Any:
        arguments["query"] = parameters.query_of(operation.query or Struct, query)
        return await handler(view, request, **arguments)

    return await whole_range(request, operation.declared.answer, kind, read)


def failure(request: Request, error: Exception) -> Refusal:
    """Return what a client is told of *error*; the log has the rest."""
    if getattr(error, "sqlstate", None) in NOT_MIGRATED:
        return unavailable("The database is still without its tables.")
    if isinstance(error, TimeoutError) or transient(error):
        log.warning("%s failed: %r", request.url.path, error)
        return unavailable("What holds the answer does not answer in time.")
    # The trace is for the log; what a client may know is that it was not its fault.
    log.error("%s failed.", request.url.path, exc_info=error)
    return Refusal(500, "The server could not answer; its log says why.")


def _arguments(operation: Operation, request: Request, match: dict[str, str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        name: parameters.path_of(name, declared, match[name])
        for name, declared in operation.paths.items()
    }
    if operation.query is not None:
        arguments["query"] = parameters.query_of(operation.query, request.query)
    return arguments
