"""Connections of streaming clients, as outboxes write to them."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from cryptoviz.feeds.message import chunk

# How long a client that reads again may take to read why it was closed.
CLOSE_PATIENCE_S = 5.0


class _Written:
    """A connection whose bytes go to the transport as they are, without a task for each write."""

    def __init__(self, request: web.Request) -> None:
        self._transport: Any = request.transport

    def write(self, data: bytes) -> None:
        """Hand bytes over to be sent."""
        self._transport.write(data)

    def waiting_bytes(self) -> int:
        """Return how many bytes the client has not taken yet."""
        waiting: int = self._transport.get_write_buffer_size()
        return waiting

    def is_gone(self) -> bool:
        """Return whether the client has left."""
        return self._transport is None or self._transport.is_closing()


class SocketConnection(_Written):
    """A WebSocket; what is written are whole frames."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        super().__init__(request)
        self._socket = socket
        self._closing: asyncio.Task[Any] | None = None

    def close(self, code: int, reason: str) -> None:
        """End the connection, saying why."""
        self._closing = asyncio.create_task(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_PATIENCE_S):
                await self._socket.close(code=code, message=reason.encode()[:120])
        except (TimeoutError, ConnectionError, RuntimeError):
            pass
        if self._transport is not None:
            self._transport.abort()


class EventConnection(_Written):
    """A stream of server-sent events; what is written are whole chunks of HTTP."""

    def __init__(self, request: web.Request) -> None:
        super().__init__(request)
        self.ended = asyncio.Event()

    def close(self, code: int, reason: str) -> None:
        """End the stream, saying why in its last event, for whom reads so far."""
        if not self.is_gone():
            self.write(
                chunk(
                    b'event: closed\ndata: {"code":%d,"reason":"%s"}\n\n' % (code, reason.encode())
                )
            )
            self.write(b"0\r\n\r\n")
            asyncio.get_running_loop().call_later(CLOSE_PATIENCE_S, self._transport.abort)
        self.ended.set()
