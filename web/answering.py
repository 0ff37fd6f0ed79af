"""Answers requests by what an operation declares: parses, asks the handler, keeps, refuses."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web
from faust.types.web import Request
from faust.web import View
from msgspec.structs import asdict

from cryptoviz.timescale import cursor as history_cursor
from cryptoviz.timescale.failures import transient
from web import formats
from web.answers import JSON, Answer, Refusal, bad_parameter, refuse, respond, unavailable
from web.cache import AnswerCache
from web.parameters import body_of, parsed
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
    declared, of = operation.declared, cast("web.Request", request)

    def ask(query: Mapping[str, str]) -> Awaitable[Any]:
        found: Awaitable[Any] = handler(view, request, **_arguments(operation, match, query))
        return found

    if declared.tabular and (kind := formats.wanted(request)) != JSON:
        return await whole_range(request, declared.answer, kind, ask)
    if declared.cached_s:
        return await _cache.once(of.raw_path, lambda: ask(of.query), declared.cached_s)
    arguments = _arguments(operation, match, of.query)
    if operation.body is not None:
        arguments["body"] = await body_of(operation.body, request)
    found = await handler(view, request, **arguments)
    if operation.method != "get":
        # What was written is to be seen at once.
        _cache.clear()
    return found


def _arguments(
    operation: Operation, match: Mapping[str, str], query: Mapping[str, str]
) -> dict[str, Any]:
    arguments = {} if operation.match is None else asdict(parsed(operation.match, match))
    if operation.query is not None:
        arguments["query"] = parsed(operation.query, query)
    return arguments


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
