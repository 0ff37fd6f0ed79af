"""The clients of `benchmarks.fanout`: many that read, and one that never does."""

from __future__ import annotations

import asyncio
import base64
import multiprocessing
import os
import socket
import time

WARM_UP_S = 2.0
KERNEL_BYTES = 4_096


class Reader(asyncio.Protocol):
    """A client that looks at the oldest update of what it reads."""

    def __init__(self, delays: list[float], counts: list[int]) -> None:
        self.delays, self.counts = delays, counts

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(  # type: ignore[attr-defined]
            "GET /ws/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Count the updates and note the age of the oldest."""
        self.counts[0] += data.count(b'"made": ')
        # The oldest update of what was read has waited longest.
        at = data.find(b'"made": ')
        if at >= 0 and (end := data.find(b",", at)) > 0:
            self.delays.append(time.time() - float(data[at + 8 : end]))


async def read(port: int, clients: int, seconds: float, results: multiprocessing.Queue) -> None:
    """Be all the clients, and one that never reads."""
    loop = asyncio.get_running_loop()
    delays: list[float] = []
    counts = [0]
    for _ in range(clients):
        await loop.create_connection(lambda: Reader(delays, counts), "127.0.0.1", port)
    deaf = a_deaf_client(port)
    await asyncio.sleep(WARM_UP_S)
    delays.clear()
    counts[0] = 0
    await asyncio.sleep(seconds)
    delays.sort()
    worst, median = (delays[-1], delays[len(delays) // 2]) if delays else (0.0, 0.0)
    results.put({"read": counts[0], "worst_ms": worst * 1e3, "median_ms": median * 1e3})
    # Connections stay open for as long as the server measures, which ends both processes.
    await asyncio.Event().wait()
    deaf.close()


def a_deaf_client(port: int) -> socket.socket:
    """Connect a client that never reads, for which the kernel holds next to nothing either."""
    deaf = socket.socket()
    # Before the connection is made, or the server is told of a larger window.
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
    deaf.connect(("127.0.0.1", port))
    deaf.sendall(
        b"GET /ws/?deaf=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    return deaf
