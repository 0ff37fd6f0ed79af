"""`/ws/`: many channels over one WebSocket, subscribed and unsubscribed as a client likes."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from cryptoviz.app import app
from cryptoviz.feeds.catch_up import Gap, taken
from cryptoviz.feeds.cursor import Cursor
from cryptoviz.feeds.hub import Member
from cryptoviz.feeds.live import FLUSH_S
from cryptoviz.feeds.message import text_frame
from cryptoviz.feeds.outbox import Outbox, as_json
from cryptoviz.feeds.subscription import Subscription
from web import sockets
from web.answers import Refusal, encode
from web.channels import MOST_CHANNELS, channels_of, resume
from web.connections import SocketConnection
from web.feeds import live
from web.snapshot import snapshot
from web.socket_messages import Ping, Request, Subscribe, Unsubscribe

log = logging.getLogger(__name__)

HEARTBEAT_S = 15.0
# Requests of a client that may wait for the one before: one for each channel, and some.
MOST_REQUESTS = 256
# After this, one more is too many.
PATIENCE_S = 15.0
_decode = msgspec.json.Decoder(Request).decode


class Session:
    """One client: the channels that it has, all served as one member."""

    def __init__(self, connection: SocketConnection) -> None:
        self.outbox = Outbox(connection, as_json)
        self._member: Member | None = None
        self._requests: asyncio.Queue[str] = asyncio.Queue(MOST_REQUESTS)

    async def take(self, text: str) -> None:
        """Let a request wait its turn; a client of which too many wait is closed."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._requests.put(text)
        except TimeoutError:
            detail = f"More than {MOST_REQUESTS} requests wait."
            self.outbox.close(WSCloseCode.POLICY_VIOLATION, detail)

    async def answer(self) -> None:
        """Handle requests one after the other, so that answers come in the order of the questions.

        While the client does not read its answers, it gets no others.
        """
        while not self.outbox.closed:
            await self.handle(await self._requests.get())
            await taken(self.outbox)

    async def handle(self, text: str) -> None:
        """Do what the client asks for, and tell it what came of it."""
        req_id: int | str | None = None
        try:
            request = _decode(text)
            req_id = request.req_id
            await self._do(request)
        except Refusal as refusal:
            self._say(type="error", req_id=req_id, **_shown(refusal))
        except (msgspec.MsgspecError, RecursionError) as error:
            self._say(type="error", req_id=req_id, status=400, detail=f"No request: {error}.")
        except TimeoutError:
            self._say(type="error", req_id=req_id, status=503, detail="Kafka does not answer.")
        except Exception:
            log.exception("A request over /ws/ failed.")
            self._say(type="error", req_id=req_id, status=500, detail="The server's log says why.")

    def beat(self) -> None:
        """Tell the client that it is still connected, and up to where it has seen everything."""
        live.hub.flush()
        cursor = live.hub.cursor(self._member.subscription) if self._member else None
        beat = {"type": "heartbeat", "seq": self.outbox.seq, "cursor": cursor}
        # Of use only to a client that has had all that was before.
        self.outbox.send(text_frame(encode(beat)))

    def leave(self) -> None:
        """Forget the client."""
        if self._member is not None:
            live.hub.detach(self._member)

    async def _do(self, request: Subscribe | Unsubscribe | Ping) -> None:
        if isinstance(request, Subscribe):
            await self._subscribe(request)
        elif isinstance(request, Unsubscribe):
            gone = channels_of(request.channels)
            self._hold([channel for channel in self._channels() if channel not in gone])
            self._say(type="unsubscribed", req_id=request.req_id, channels=gone)
        else:
            self._say(type="pong", req_id=request.req_id)

    async def _subscribe(self, request: Subscribe) -> None:
        wanted = channels_of(request.channels)
        new = [channel for channel in dict.fromkeys(wanted) if channel not in self._channels()]
        if len(new) + len(self._channels()) > MOST_CHANNELS:
            raise Refusal(400, f"A connection has at most {MOST_CHANNELS} channels.")
        rows: list[bytes] | None = None
        cursor = Cursor() if request.cursor is None else resume(request.cursor, wanted)
        if request.cursor is None:
            rows, cursor = await snapshot(new)
        self._say(type="subscribed", req_id=request.req_id, channels=wanted)
        if rows is not None:
            head = b'{"type":"snapshot","req_id":%s,' % encode(request.req_id)
            tail = b'"cursor":"%s","data":[%s]}' % (str(cursor).encode(), b",".join(rows))
            self.outbox.say(text_frame(head + tail), time.monotonic())
        if new:
            joining = Member(Subscription(new, cursor.floors), self.outbox)
            await live.join(joining, cursor, self._on_gap)
            # Channels of one feed can only be one member where they begin at one place.
            # The flush timer changes it, so there is no event to wait for.
            while joining.subscription.begin and not self.outbox.closed:  # noqa: ASYNC110
                await asyncio.sleep(FLUSH_S)
            live.hub.detach(joining)
            self._hold([*self._channels(), *new], cursor.floors)

    def _hold(self, channels: list[str], floors: Any = None) -> None:
        """Be one member with *channels* from here on; nothing awaits, so nothing is missed."""
        live.hub.flush()
        known = dict(floors or {})
        if self._member is not None:
            live.hub.detach(self._member)
            known |= self._member.subscription.floors
        self._member = Member(Subscription(channels, known), self.outbox) if channels else None
        if self._member is not None:
            feeds = self._member.subscription.feeds
            live.hub.attach(self._member, {feed: live.hub.logs[feed].positions for feed in feeds})

    def _channels(self) -> list[str]:
        return sorted(self._member.subscription.channels) if self._member else []

    def _on_gap(self, gap: Gap) -> None:
        self._say(type="gap", **gap._asdict())

    def _say(self, **message: Any) -> None:
        self.outbox.say(text_frame(encode(message)), time.monotonic())


async def serve(request: web.Request) -> web.WebSocketResponse:
    """Serve one client until it leaves."""
    socket = await sockets.accept(app, request)
    session = Session(SocketConnection(request, socket))
    tasks = [asyncio.create_task(work) for work in (_beats(session), session.answer())]
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await session.take(message.data)
    finally:
        for task in tasks:
            task.cancel()
        session.leave()
    return socket


async def _beats(session: Session) -> None:
    while not session.outbox.closed:
        await asyncio.sleep(HEARTBEAT_S)
        session.beat()


def _shown(refusal: Refusal) -> dict[str, Any]:
    return {"status": refusal.problem.status, "detail": refusal.problem.detail}


app.web.web_app.router.add_get("/ws/", serve)  # type: ignore[attr-defined]
