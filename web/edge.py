"""What holds for every answer: problems for unknown routes, no traces, cross-origin rules."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from cryptoviz.app import app
from cryptoviz.settings import current
from web.answers import Refusal, refuse

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# How long a browser may remember what it was allowed.
PREFLIGHT_AGE_S = 600
_EXPOSED = "ETag, Link, Location, Retry-After"


@web.middleware
async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what goes wrong outside of views into problems, and let allowed origins in."""
    if hdrs.ORIGIN not in request.headers:
        return await _answered(request, handler)
    if (
        request.method == hdrs.METH_OPTIONS
        and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
    ):
        response: web.StreamResponse = web.Response(status=204)
        response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = str(PREFLIGHT_AGE_S)
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, HEAD, POST, PUT, PATCH, DELETE"
        asked = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS)
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = asked or "Content-Type"
    else:
        response = await _answered(request, handler)
    return response


async def _allow(request: web.Request, response: web.StreamResponse) -> None:
    """Let the pages of allowed origins have *response*, a stream too."""
    origin, allowed = request.headers.get(hdrs.ORIGIN), current().cors_origins
    if origin is not None and (origin in allowed or "*" in allowed):
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _EXPOSED
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return refuse(refusal)
    except web.HTTPMethodNotAllowed as error:
        methods = ", ".join(sorted(error.allowed_methods))
        detail = f"{request.method} is not allowed here; allowed are {methods}."
        return refuse(Refusal(405, detail, headers={"Allow": methods}))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        detail = f"There is nothing at {request.path}." if error.status == 404 else error.reason
        return refuse(Refusal(error.status, detail))
    except Exception:
        log.exception("%s failed.", request.path)
        return refuse(Refusal(500, "The server could not answer; its log says why."))


app.web.web_app.middlewares.append(edge)  # type: ignore[attr-defined]
app.web.web_app.on_response_prepare.append(_allow)  # type: ignore[attr-defined]
