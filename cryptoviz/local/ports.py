"""TCP ports of 127.0.0.1 for the embedded servers."""

from __future__ import annotations

import random
import socket

HOST = "127.0.0.1"
# Below the range from which systems take the ports of outgoing connections. A client that keeps
# trying to reach a stopped server on a port of that range can connect to itself and hold it.
LOWEST, HIGHEST = 20_000, 32_000


def is_free(port: int, host: str = HOST) -> bool:
    """Return whether a server could listen on *port* now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # As servers do: connections of an earlier run that linger in TIME_WAIT are no obstacle.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(1)
        except OSError:
            return False
    return True


def choose(preferred: int | None = None) -> int:
    """Return *preferred* if it is free, else a free port chosen at random."""
    if preferred is not None and is_free(preferred):
        return preferred
    chooser = random.SystemRandom()
    while True:
        port = chooser.randrange(LOWEST, HIGHEST)
        if is_free(port):
            return port
