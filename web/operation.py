"""Declares views: what they take and answer is read from their handlers' types.

    @page("/api/v1/cryptos/")
    @answers(Cryptos, problems=(503,))
    async def cryptos(view: View, request: Request, query: CryptoQuery) -> Answer:

The same declarations parse requests (web/parameters.py) and make the OpenAPI document
(web/openapi.py). A parameter named in the path is a path parameter, `query` and `body` are
structs. Views stay Faust's own: `page` wraps `app.page`.
"""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from aiohttp import web
from faust.types.web import Request
from faust.web import View
from msgspec import Struct

from cryptoviz.app import app
from cryptoviz.feeds import cursor as stream_cursor
from cryptoviz.timescale import cursor as history_cursor
from cryptoviz.timescale.failures import transient
from web import formats, parameters
from web.answers import JSON, Answer, Refusal, bad_parameter, refuse, respond, unavailable
from web.cache import AnswerCache
from web.whole_range import whole_range

log = logging.getLogger(__name__)

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])
# SQLSTATE of a database in which the sink has not made its tables yet.
UNDEFINED_TABLE = "42P01"
METHODS = ("get", "post", "put", "patch", "delete")
_PLACEHOLDER = re.compile(r"\{(\w+)(?::[^}]*)?\}")


@dataclass(frozen=True)
class Declaration:
    """What a handler answers: the type and kind of a success, and which problems.

    *cached* answers are kept for a second; *tabular* ones also come as CSV and Arrow. An answer
    that *says_503* has that status and the same type when something is missing.
    """

    answer: Any
    status: int
    problems: tuple[int, ...]
    content_type: str
    cached: bool
    tabular: bool
    says_503: bool


@dataclass(frozen=True)
class Operation:
    """A method of a path. *paths* and *query* and *body* are the declared parameter types."""

    method: str
    path: str
    name: str
    tag: str
    summary: str
    paths: dict[str, Any]
    query: type[Any] | None
    body: type[Any] | None
    declared: Declaration


operations: list[Operation] = []
_cache = AnswerCache()


def answers(
    answer: Any,
    *,
    status: int = 200,
    problems: tuple[int, ...] = (),
    content_type: str = JSON,
    cached: bool = False,
    tabular: bool = False,
    says_503: bool = False,
) -> Callable[[Handler], Handler]:
    """Declare that a handler answers with *answer*, or with one of *problems*."""
    declared = Declaration(answer, status, problems, content_type, cached, tabular, says_503)

    def declare(handler: Handler) -> Handler:
        handler.declared = declared  # type: ignore[attr-defined]
        return handler

    return declare


def page(*paths: str) -> Callable[[Any], Any]:
    """Add a view to the worker's web server at each of *paths*; aliases after the first one."""

    def declare(view: Any) -> Any:
        if not inspect.isclass(view):
            view = View.from_handler(view)
        _wrap(view, paths[0])
        for number, path in enumerate(paths):
            alias = view if not number else type(f"{view.__name__}_{number}", (view,), {})
            app.page(path, name=f"{view.__module__}.{alias.__name__}")(alias)
        return view

    return declare


def _wrap(view: Any, path: str) -> None:
    for method in METHODS:
        handler = vars(view).get(method)
        if handler is not None and hasattr(handler, "declared"):
            operation = _operation(view, method, path, handler)
            operations.append(operation)
            setattr(view, method, _answering(operation, handler))


def _operation(view: Any, method: str, path: str, handler: Any) -> Operation:
    names = _PLACEHOLDER.findall(path)
    hints = get_type_hints(handler, include_extras=True)
    return Operation(
        method,
        _PLACEHOLDER.sub(r"{\1}", path),
        f"{method}_{view.__name__}" if view.__name__ != handler.__name__ else handler.__name__,
        view.__module__.removeprefix("web."),
        " ".join((inspect.getdoc(handler) or view.__name__).split("\n\n")[0].split()),
        {name: hints[name] for name in names},
        hints.get("query"),
        hints.get("body"),
        handler.declared,
    )


def _answering(operation: Operation, handler: Any) -> Callable[..., Awaitable[web.StreamResponse]]:
    async def make(view: View, request: Request, match: dict[str, str]) -> Any:
        arguments = await _arguments(operation, request, match)
        kind = formats.wanted(request)
        if not operation.declared.tabular or kind == JSON:
            return await handler(view, request, **arguments)

        async def read(query: dict[str, str]) -> Any:
            arguments["query"] = parameters.query_of(operation.query or Struct, query)
            return await handler(view, request, **arguments)

        return await whole_range(request, operation.declared.answer, kind, read)

    async def answer(view: View, request: Request, **match: str) -> web.StreamResponse:
        try:
            if operation.declared.cached and formats.wanted(request) == JSON:
                key = request.url.raw_path_qs
                found = await _cache.once(key, lambda: make(view, request, match))
            else:
                found = await make(view, request, match)
            return respond(request, found) if isinstance(found, Answer) else found
        except Refusal as refusal:
            return refuse(refusal)
        except (history_cursor.CursorError, stream_cursor.CursorError) as error:
            given = request.query.get("cursor", "")
            return refuse(bad_parameter("cursor", given, str(error)))
        except web.HTTPException:
            raise
        except Exception as error:
            return refuse(_failure(request, error))

    answer.__doc__ = handler.__doc__
    return answer


def _failure(request: Request, error: Exception) -> Refusal:
    if getattr(error, "sqlstate", None) == UNDEFINED_TABLE:
        return unavailable("The database is still without its tables.")
    if isinstance(error, TimeoutError) or transient(error):
        log.warning("%s failed: %r", request.url.path, error)
        return unavailable("What holds the answer does not answer in time.")
    # The trace is for the log; what a client may know is that it was not its fault.
    log.error("%s failed.", request.url.path, exc_info=error)
    return Refusal(500, "The server could not answer; its log says why.")


async def _arguments(
    operation: Operation, request: Request, match: dict[str, str]
) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        name: parameters.path_of(name, declared, match[name])
        for name, declared in operation.paths.items()
    }
    if operation.query is not None:
        arguments["query"] = parameters.query_of(operation.query, request.query)
    if operation.body is not None:
        arguments["body"] = await parameters.body_of(operation.body, request)
    return arguments
