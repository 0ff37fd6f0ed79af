"""One owner for a directory: a lock that ends with the processes that hold it."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from cryptoviz.local.children import StartError

POLL_S = 0.05


def hold(path: Path, what: str, wait_s: float = 0.0) -> int:
    """Lock the file *path* and return its descriptor; closing it in every holder unlocks.

    Waits up to *wait_s* seconds for another holder to end. Then it raises `StartError`, which
    names the directory and the process that uses it; *what* says for what.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    deadline_s = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() < deadline_s:
                time.sleep(POLL_S)
                continue
            holder = os.pread(fd, 32, 0).decode().strip() or "unknown"
            os.close(fd)
            raise StartError(
                f"The directory {path.parent} is in use by another {what}, process {holder}."
            ) from None
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return fd
