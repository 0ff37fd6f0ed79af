"""Ask a Kafka broker, in Kafka's own protocol, whether it serves."""

from __future__ import annotations

import socket
import struct

METADATA, METADATA_VERSION = 3, 1
OFFSET_FETCH, OFFSET_FETCH_VERSION = 9, 2
FIND_COORDINATOR, FIND_COORDINATOR_VERSION = 10, 0
CLIENT_ID = b"cryptoviz-probe"


def serves_metadata(host: str, port: int, timeout_s: float = 1.0) -> bool:
    """Return whether the broker at *host*:*port* lists itself as alive.

    A broker listens before the controller has admitted it; until then the list is empty.
    """
    no_topics = struct.pack(">i", 0)
    try:
        answer = _ask((host, port), METADATA, METADATA_VERSION, no_topics, timeout_s)
        (broker_count,) = struct.unpack_from(">i", answer)
    except (OSError, struct.error):
        return False
    return bool(broker_count > 0)


def serves_groups(host: str, port: int, partitions: int, timeout_s: float = 1.0) -> bool:
    """Return whether consumer groups of all *partitions* of the offsets topic are loaded.

    Before that a broker refuses to tell committed offsets, which some clients take for there
    being none. Asking creates the offsets topic of a new broker. At most ten partitions.
    """
    # The partition is a hash of the group's name; for one digit the hash is its ASCII code.
    groups = [b"%d" % digit for digit in range(partitions)]
    try:
        return all(_is_loaded((host, port), group, timeout_s) for group in groups)
    except (OSError, struct.error):
        return False


def _is_loaded(address: tuple[str, int], group: bytes, timeout_s: float) -> bool:
    name = struct.pack(">h", len(group)) + group
    found = _ask(address, FIND_COORDINATOR, FIND_COORDINATOR_VERSION, name, timeout_s)
    all_topics = struct.pack(">i", -1)
    fetched = _ask(address, OFFSET_FETCH, OFFSET_FETCH_VERSION, name + all_topics, timeout_s)
    # The error codes stand at the start of the one and at the end of the other.
    return found[:2] == fetched[-2:] == bytes(2)


def _ask(address: tuple[str, int], key: int, version: int, body: bytes, timeout_s: float) -> bytes:
    """Send one request and return the answer without its correlation id."""
    request = struct.pack(">hhih", key, version, 0, len(CLIENT_ID)) + CLIENT_ID + body
    with socket.create_connection(address, timeout_s) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as stream:
            (size,) = struct.unpack(">i", stream.read(4))
            return stream.read(size)[4:]
