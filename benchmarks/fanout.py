"""One worker's hub against 1,000 WebSocket clients that receive every update of 20 pairs.

    python -m benchmarks.fanout [clients] [seconds]

The server process runs the project's hub and connections on aiohttp and uvloop, fed with 500
tickers a second; the clients are another process, which reads frames from raw sockets. One more
client never reads. Reported are the delivered updates per second of the server's CPU time, the
worst delay between an update's making and its reading, and the server's memory.
"""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import os
import resource
import socket
import sys
import time

import psutil
import uvloop
from aiohttp import web

from cryptoviz.feeds.hub import Hub, Member
from cryptoviz.feeds.live import FLUSH_S
from cryptoviz.feeds.log import FeedLog
from cryptoviz.feeds.message import Message
from cryptoviz.feeds.outbox import Outbox, as_json
from cryptoviz.feeds.subscription import Subscription
from web.connections import SocketConnection

PAIRS = [f"C{number:02}/USD" for number in range(20)]
UPDATES_PER_S = 500
LONGEST_DELAY_MS = 500
LEAST_PER_CPU_S = 500_000
WARM_UP_S = 2.0


async def serve(port: int, clients: int, seconds: float, results: multiprocessing.Queue) -> None:
    """Serve the hub until *seconds* of updates are measured."""
    hub = Hub()
    hub.logs["ticker"] = FeedLog([0])
    closed: list[int] = []

    async def accept(request: web.Request) -> web.WebSocketResponse:
        opened = web.WebSocketResponse(compress=False)
        await opened.prepare(request)
        outbox = Outbox(SocketConnection(request, opened), as_json)
        channels = [f"ticker:{pair}" for pair in PAIRS]
        hub.attach(Member(Subscription(channels), outbox), {"ticker": hub.logs["ticker"].positions})
        async for _ in opened:
            pass
        if outbox.closed and opened.close_code:
            closed.append(opened.close_code)
        return opened

    application = web.Application()
    application.router.add_get("/ws/", accept)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    while len(hub.members) < clients + 1:
        await asyncio.sleep(0.05)
    flushing = asyncio.create_task(flush(hub))
    await publish(hub, WARM_UP_S)
    hub.delivered, began, cpu_s = 0, time.monotonic(), time.process_time()
    await publish(hub, seconds)
    took_s, used_s = time.monotonic() - began, time.process_time() - cpu_s
    flushing.cancel()
    rss_mb = psutil.Process().memory_info().rss / 2**20
    results.put(
        {
            "delivered": hub.delivered,
            "seconds": took_s,
            "cpu_s": used_s,
            "rss_mb": rss_mb,
            "members": len(hub.members),
        }
    )
    results.close()
    results.join_thread()
    # Without a word of goodbye, which a thousand clients would have to answer.
    os._exit(0)


async def flush(hub: Hub) -> None:
    """Flush as a worker does."""
    while True:
        await asyncio.sleep(FLUSH_S)
        hub.flush()


async def publish(hub: Hub, seconds: float) -> None:
    """Publish updates of all pairs at an even rate."""
    began, sent, offset = time.monotonic(), 0, hub.logs["ticker"].positions[0]
    while (elapsed_s := time.monotonic() - began) < seconds:
        due = int(elapsed_s * UPDATES_PER_S) - sent
        messages = [a_ticker(offset + number) for number in range(due)]
        offset, sent = offset + due, sent + due
        hub.publish("ticker", messages, [offset])
        await asyncio.sleep(0.005)


def a_ticker(offset: int) -> Message:
    """Return an update that says when it was made."""
    pair = PAIRS[offset % len(PAIRS)]
    body = json.dumps(
        {"made": time.time(), "pair": pair, "last": 34000.12, "bid": 33990.0, "ask": 34010.0}
    ).encode()
    return Message("ticker", (pair,), 0, offset, body)


class Reader(asyncio.Protocol):
    """A client that looks at the newest update of each frame that it reads."""

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
    deaf = socket.create_connection(("127.0.0.1", port))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.sendall(
        b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await asyncio.sleep(WARM_UP_S)
    delays.clear()
    counts[0] = 0
    await asyncio.sleep(seconds)
    delays.sort()
    worst, median = (delays[-1], delays[len(delays) // 2]) if delays else (0.0, 0.0)
    results.put({"read": counts[0], "worst_ms": worst * 1e3, "median_ms": median * 1e3})


def process(role: str, *arguments: object) -> None:
    """Be the server or the clients."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    uvloop.run({"serve": serve, "read": read}[role](*arguments))  # type: ignore[arg-type]


def main() -> None:
    """Run both and say what they found."""
    clients = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    served, heard = multiprocessing.Queue(), multiprocessing.Queue()
    server = multiprocessing.Process(target=process, args=("serve", port, clients, seconds, served))
    server.start()
    time.sleep(1.0)
    reader = multiprocessing.Process(target=process, args=("read", port, clients, seconds, heard))
    reader.start()
    one, other = served.get(timeout=seconds + 90), heard.get(timeout=30)
    server.join(10)
    reader.join(10)
    rate = one["delivered"] / one["cpu_s"]
    print(f"clients                    {clients}, and one that never reads")
    print(f"updates                    {UPDATES_PER_S}/s of {len(PAIRS)} pairs")
    print(f"delivered                  {one['delivered'] / one['seconds']:,.0f}/s")
    print(f"delivered per CPU second   {rate:,.0f}, at least {LEAST_PER_CPU_S:,} wanted")
    print(f"server's share of a core   {one['cpu_s'] / one['seconds']:.0%}")
    print(f"delay, median and worst    {other['median_ms']:.0f} ms, {other['worst_ms']:.0f} ms")
    print(f"server's memory            {one['rss_mb']:.0f} MB")
    print(f"members at the end         {one['members']}")
    good = rate >= LEAST_PER_CPU_S and other["worst_ms"] <= LONGEST_DELAY_MS
    print("as wanted" if good else "NOT as wanted (or the machine was busy)")


if __name__ == "__main__":
    main()
