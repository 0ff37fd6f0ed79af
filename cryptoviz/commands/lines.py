"""Reading lines from a file or a pipe without ever blocking the event loop for long."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import threading
from collections.abc import AsyncIterator
from typing import Any

BLOCK_BYTES = 256 * 1024


async def read_lines(descriptor: int, stop: asyncio.Event) -> AsyncIterator[list[bytes]]:
    """Yield the lines of *descriptor* as they come, without their newlines, until it or *stop*.

    Raises `OSError` if it cannot be read.
    """
    # A file answers at once; a pipe or a terminal may stay silent for ever.
    may_block = not stat.S_ISREG(os.fstat(descriptor).st_mode)
    started_line: list[bytes] = []
    while not stop.is_set():
        block = await _read(descriptor, stop) if may_block else os.read(descriptor, BLOCK_BYTES)
        if not block:
            break
        *complete, rest = block.split(b"\n")
        if complete:
            complete[0] = b"".join([*started_line, complete[0]])
            started_line = []
            yield complete
        started_line.append(rest)
    # A line cut short by *stop* is not a line; one that ends with the input is.
    if (last := b"".join(started_line)) and not stop.is_set():
        yield [last]


async def _read(descriptor: int, stop: asyncio.Event) -> bytes:
    """Return what a pipe holds, waiting for it or for *stop*; nothing at its end."""
    loop = asyncio.get_running_loop()
    read: asyncio.Future[bytes] = loop.create_future()

    def finish(block: bytes, error: OSError | None) -> None:
        if read.cancelled():
            return
        if error is None:
            read.set_result(block)
        else:
            read.set_exception(error)

    def block_in_thread() -> None:
        try:
            block, error = os.read(descriptor, BLOCK_BYTES), None
        except OSError as failure:
            block, error = b"", failure
        # The loop is closed if the command ended while this read was waiting.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(finish, block, error)

    # A daemon thread, for executors wait at exit for a read that may never return.
    threading.Thread(target=block_in_thread, daemon=True).start()
    stopped = asyncio.ensure_future(stop.wait())
    either: list[asyncio.Future[Any]] = [read, stopped]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not read.done():
        read.cancel()
        return b""
    return read.result()
