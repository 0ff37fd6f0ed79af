"""`/api/v1/stream`: channels as server-sent events, from a cursor or from now on.

Each event holds updates of one flush, and its id is the cursor behind them. So a browser
that lost its connection asks, by `Last-Event-ID`, for exactly what it has not seen.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

import msgspec
from aiohttp import HttpVersion11, hdrs, web
from faust.types.web import Request, View
from msgspec import Meta

from cryptoviz.feeds.catch_up import Gap
from cryptoviz.feeds.cursor import Cursor
from cryptoviz.feeds.hub import Member
from cryptoviz.feeds.message import chunk
from cryptoviz.feeds.outbox import Outbox, as_events
from cryptoviz.feeds.subscription import Subscription
from web.answers import Refusal, encode
from web.channels import channels_of, resume
from web.connections import EventConnection
from web.feeds import live, streams
from web.live_rows import ready
from web.operation import answers, page
from web.snapshot import snapshot

HEARTBEAT_S = 15.0
RETRY_MS = 2_000


class StreamQuery(msgspec.Struct, kw_only=True):
    """What to stream, and behind which cursor."""

    channels: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=8_192,
            description="Comma separated: a feed (`article`) or a part (`ticker:BTC/USD`).",
            examples=["ticker:BTC/USD,candles:BTC/USD:5m"],
        ),
    ]
    cursor: (
        Annotated[
            str,
            Meta(
                max_length=8_192,
                description="The `stream` of an answer, or an event's id; else now.",
            ),
        ]
        | None
    ) = None


@page("/api/v1/stream", "/api/v1/stream/")
@answers(str, problems=(400, 404, 503), content_type="text/event-stream")
async def stream(view: View, request: Request, query: StreamQuery) -> web.StreamResponse:
    """Stream updates of channels as server-sent events.

    Events: `snapshot`, `updates`, `gap` (offsets that are gone for good), `closed`.
    """
    of: Any = request
    channels = channels_of(query.channels.split(","))
    cursor = None
    if last_event := of.headers.get("Last-Event-ID"):
        cursor = resume(last_event, channels, "Last-Event-ID")
    elif query.cursor is not None:
        cursor = resume(query.cursor, channels)
    ready()
    rows: list[bytes] | None = None
    if cursor is None:
        rows, cursor = await snapshot(channels)
    if of.version < HttpVersion11:
        raise Refusal(400, "A stream needs HTTP/1.1.")
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            # Proxies such as nginx would hold events back.
            "X-Accel-Buffering": "no",
        }
    )
    await response.prepare(of)
    if of.method == hdrs.METH_HEAD:
        return response
    await _run(EventConnection(of), channels, cursor, rows)
    return response


async def _run(
    connection: EventConnection, channels: list[str], cursor: Cursor, rows: list[bytes] | None
) -> None:
    outbox = Outbox(connection, as_events)
    member = Member(Subscription(channels, cursor.floors), outbox)

    def say(event: bytes) -> None:
        outbox.say(chunk(event + b"\n\n"), time.monotonic())

    def on_gap(gap: Gap) -> None:
        say(b"event: gap\ndata: %s" % encode(gap._asdict()))

    say(b"retry: %d" % RETRY_MS)
    if rows is not None:
        where = str(cursor).encode()
        say(b"id: %s\nevent: snapshot\ndata: [%s]" % (where, b",".join(rows)))

    streams.add(connection)
    try:
        await live.join(member, cursor, on_gap)
        while not connection.is_gone() and not outbox.closed:
            # An id without data moves the browser's cursor on and shows nothing.
            beat = b"id: %s\n: still here\n\n" % live.hub.cursor(member.subscription).encode()
            live.hub.flush()
            outbox.send(chunk(beat))
            try:
                await asyncio.wait_for(connection.ended.wait(), HEARTBEAT_S)
            except TimeoutError:
                continue
    finally:
        live.hub.detach(member)
        streams.discard(connection)
