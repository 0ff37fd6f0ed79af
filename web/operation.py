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
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, get_type_hints

from faust.web import View
from msgspec import defstruct

from cryptoviz.app import app
from web.answering import answering
from web.answers import JSON

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])
METHODS = ("get", "post", "put", "patch", "delete")
_PLACEHOLDER = re.compile(r"\{(\w+)(?::[^}]*)?\}")


@dataclass(frozen=True)
class Declaration:
    """What a handler answers: the type and kind of a success, and which problems.

    Those that are asked for again are kept for *cached_s* seconds; *tabular* ones also come as CSV
    and Arrow. An answer that *says_503* has that status and the same type when something is
    missing.
    """

    answer: Any
    status: int
    problems: tuple[int, ...]
    content_type: str
    cached_s: float
    tabular: bool
    says_503: bool


@dataclass(frozen=True)
class Operation:
    """A method of a path. *match*, *query* and *body* are structs of what the handler takes."""

    method: str
    path: str
    name: str
    tag: str
    summary: str
    match: type[Any] | None
    query: type[Any] | None
    body: type[Any] | None
    declared: Declaration


operations: list[Operation] = []


def answers(
    answer: Any,
    *,
    status: int = 200,
    problems: tuple[int, ...] = (),
    content_type: str = JSON,
    cached_s: float = 0.0,
    tabular: bool = False,
    says_503: bool = False,
) -> Callable[[Handler], Handler]:
    """Declare that a handler answers with *answer*, or with one of *problems*."""
    declared = Declaration(answer, status, problems, content_type, cached_s, tabular, says_503)

    def declare(handler: Handler) -> Handler:
        handler.declared = declared  # type: ignore[attr-defined]
        return handler

    return declare


def page(*paths: str) -> Callable[[Any], Any]:
    """Add a view to the worker's web server at each of *paths*; aliases after the first one."""

    def declare(view: Any) -> Any:
        if not inspect.isclass(view):
            view = View.from_handler(view)
        declared = _wrapped(view, paths[0])
        operations.extend(declared)
        for number, path in enumerate(paths):
            alias = view
            if number:
                alias = type(f"{view.__name__}_{number}", (view,), {})
                operations.extend(
                    replace(each, path=_shown(path), name=f"{each.name}_{number}")
                    for each in declared
                )
            app.page(path, name=f"{view.__module__}.{alias.__name__}")(alias)
        return view

    return declare


def _shown(path: str) -> str:
    """Return *path* as documents show it: without what its placeholders match."""
    return _PLACEHOLDER.sub(r"{\1}", path)


def _wrapped(view: Any, path: str) -> list[Operation]:
    """Let the methods of *view* answer as declared; return what they are."""
    found = []
    for method in METHODS:
        handler = vars(view).get(method)
        if handler is not None and hasattr(handler, "declared"):
            operation = _operation(view, method, path, handler)
            found.append(operation)
            setattr(view, method, answering(operation, handler))
    return found


def _operation(view: Any, method: str, path: str, handler: Any) -> Operation:
    names = _PLACEHOLDER.findall(path)
    hints = get_type_hints(handler, include_extras=True)
    return Operation(
        method,
        _shown(path),
        f"{method}_{view.__name__}" if view.__name__ != handler.__name__ else handler.__name__,
        view.__module__.removeprefix("web."),
        " ".join((inspect.getdoc(handler) or view.__name__).split("\n\n")[0].split()),
        defstruct("Path", [(name, hints[name]) for name in names]) if names else None,
        hints.get("query"),
        hints.get("body"),
        handler.declared,
    )
