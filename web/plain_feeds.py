"""WebSockets that need no protocol: connect to a path, and each frame is one message.

The raw ones give each record as its producer wrote it; the others give what channels give.
`?cursor=` goes on behind a history answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import WSCloseCode, web

from cryptoviz.app import app
from cryptoviz.feeds.catch_up import Gap
from cryptoviz.feeds.cursor import Cursor
from cryptoviz.feeds.hub import Member
from cryptoviz.feeds.message import Delivery
from cryptoviz.feeds.outbox import Outbox, as_bodies, as_raw
from cryptoviz.feeds.subscription import Subscription
from web import sockets
from web.answers import Refusal, refuse
from web.channels import channel_of, resume
from web.connections import SocketConnection
from web.feeds import live

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Render = Callable[[Delivery, int], bytes]
# The client presented a cursor whose records are gone.
TOO_OLD = 4010


def plain(template: str, render: Render) -> Handler:
    """Return a handler that serves the channel of *template*, filled from the path."""

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            channel = channel_of(template.format(**request.match_info))
            text = request.query.get("cursor")
            cursor = None if text is None else resume(text, [channel])
            await live.open(channel.partition(":")[0])
        except Refusal as refusal:
            return refuse(refusal)
        except TimeoutError:
            return refuse(Refusal(503, "Kafka does not answer.", headers={"Retry-After": "5"}))
        return await _serve(request, channel, cursor, render)

    return serve


async def _serve(
    request: web.Request, channel: str, cursor: Cursor | None, render: Render
) -> web.StreamResponse:
    socket = await sockets.accept(app, request)
    outbox = Outbox(SocketConnection(request, socket), render)
    member = Member(Subscription([channel], cursor.floors if cursor else None), outbox)

    def on_gap(gap: Gap) -> None:
        missed = f"{gap.feed} {gap.partition}: [{gap.first}, {gap.next})"
        outbox.close(TOO_OLD, f"The cursor is too old, missed is {missed}.")

    async def join() -> None:
        try:
            await live.join(member, cursor, on_gap)
        except Exception:
            log.exception("A client of %s could not be served.", channel)
            outbox.close(WSCloseCode.TRY_AGAIN_LATER, "The feed cannot be read now.")

    # Catching up takes as long as the client does, which may leave meanwhile.
    joining = asyncio.create_task(join())
    try:
        async for _ in socket:
            # Nothing that a client could say here means anything.
            continue
    finally:
        joining.cancel()
        live.hub.detach(member)
    return socket


def _mount() -> None:
    router = app.web.web_app.router  # type: ignore[attr-defined]
    for name in ("ticker", "trade"):
        router.add_get(f"/ws/raw-{name}", plain(name, as_raw))
        router.add_get(
            f"/ws/{name}/{{base}}/{{quote}}/", plain(f"{name}:{{base}}/{{quote}}", as_bodies)
        )
    for name in ("article", "alert"):
        router.add_get(f"/ws/{name}", plain(name, as_bodies))
    router.add_get("/ws/sentiment/{symbol}/", plain("sentiment:{symbol}", as_bodies))
    router.add_get("/ws/prediction/{symbol}/", plain("prediction:{symbol}", as_bodies))


_mount()
