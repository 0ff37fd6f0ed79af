"""WebSockets that do not keep a worker from ending.

aiohttp waits for open WebSockets when it stops, a minute as Faust sets it up. Here they are
closed first, with the code that tells browsers to connect again.
"""

from __future__ import annotations

import asyncio
from weakref import WeakSet

import faust
from aiohttp import WSCloseCode, web

from web.answers import Refusal

# A browser that is asleep does not answer a close.
CLOSE_TIMEOUT_S = 1.0
# Answers that are being written when the worker stops, streams among them, are cut off after this.
ANSWERS_TIMEOUT_S = 2.0
HEARTBEAT_S = 20.0
# What clients say waits in memory; the longest request that makes sense has half of this.
MOST_BYTES = 64 * 1024
OPEN: web.AppKey[WeakSet[web.WebSocketResponse]] = web.AppKey("open_sockets", WeakSet)


def close_at_shutdown(app: faust.App) -> None:
    """Make the web server of *app* close its WebSockets when it stops."""
    web_app = app.web.web_app  # type: ignore[attr-defined]
    web_app[OPEN] = WeakSet()
    web_app.on_shutdown.append(_close_all)
    app.web._runner._shutdown_timeout = ANSWERS_TIMEOUT_S  # type: ignore[attr-defined]


async def accept(app: faust.App, request: web.Request) -> web.WebSocketResponse:
    """Answer *request* with a WebSocket that is closed when the worker stops.

    Raises `Refusal` (426) for a request that asks for none.
    """
    socket = web.WebSocketResponse(
        timeout=CLOSE_TIMEOUT_S, heartbeat=HEARTBEAT_S, max_msg_size=MOST_BYTES
    )
    if not socket.can_prepare(request):
        raise Refusal(426, "Only WebSockets are served here.", headers={"Upgrade": "websocket"})
    await socket.prepare(request)
    app.web.web_app[OPEN].add(socket)  # type: ignore[attr-defined]
    return socket


async def _close_all(web_app: web.Application) -> None:
    # A socket leaves the set when its view ends, which may be while others are being closed.
    sockets = web_app[OPEN].copy()
    await asyncio.gather(
        *(
            socket.close(code=WSCloseCode.GOING_AWAY, message=b"The worker stops.")
            for socket in sockets
        ),
        return_exceptions=True,
    )
