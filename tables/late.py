"""Where records go that are older than a table's retention: to the late topic, and counted."""

from __future__ import annotations

from typing import Any

import msgspec

from cryptoviz import topics
from cryptoviz.records import declared

_encode = msgspec.json.Encoder().encode


def send_late(table: str, source_partition: int, source_offset: int, record: Any) -> None:
    """Send *record*, too late for *table*, with its coordinates to the late topic."""
    topics.late.send_soon(
        key=table.encode(),
        value=_encode(declared(record)),
        headers={
            "table": table.encode(),
            "partition": str(source_partition).encode(),
            "offset": str(source_offset).encode(),
        },
    )
