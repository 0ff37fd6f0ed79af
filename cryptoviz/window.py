"""Event-time tumbling windows: their keys, and what every window's value carries.

Windows are half-open, [start, start + size), in Unix seconds. A window's value is a pure
function of the set of records in it: it carries the last source offset that was folded into
it for each source partition, and a record at or below that offset is skipped.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import msgspec

SEPARATOR = "|"


def window_start(event_time_s: float, size_s: int) -> int:
    """Return the start of the tumbling window of *size_s* that holds *event_time_s*."""
    return int(event_time_s // size_s) * size_s


def encode_key(subject: str, start_s: int, suffix: str = "") -> bytes:
    """Return the table key of a window, such as ``BTC/USD|1764310200``.

    A table that shares its results topic with one of another size has its size (s) as a
    *suffix*, ``BTC/USD|1764310200|300``, so that no two windows have one key.
    """
    return f"{subject}{SEPARATOR}{start_s}{suffix}".encode()


def decode_key(key: bytes) -> tuple[str, int]:
    """Return the subject and the window start of a table key."""
    subject, start, *_ = key.decode().split(SEPARATOR)
    return subject, int(start)


class Window(msgspec.Struct, kw_only=True, gc=False):
    """What the value of every windowed table carries; a public contract (docs/changelogs.md).

    *revision* counts the records folded in, so it rises with every change and never depends on
    how records were batched. *final* is true once the watermark has passed the end. *reason*
    is ``late`` when a record came after that. *offsets* and *event_times* give, per source
    partition, the last offset folded in and the highest event time (s). *position* is how far
    the table's topic had been read when the value last changed: rows at or beyond the committed
    offset may not have reached Kafka when a worker died, and are sent again.

    A window type also has ``summarise(records)``, which computes once what any window that
    holds the records takes from them, and ``merge(summary)``, which takes it. Merging is exact;
    its order tells only between records of the same time, of which the first merged comes first.
    """

    # Whether a window says something of the one before it; see `follow`.
    follows: ClassVar[bool] = False

    window_start: int
    window_end: int
    revision: int = 0
    final: bool = False
    reason: str | None = None
    position: int = -1
    offsets: dict[str, int] = msgspec.field(default_factory=dict)
    event_times: dict[str, float] = msgspec.field(default_factory=dict)

    def note_source(self, source: str, last_offset: int, count: int, event_time_s: float) -> None:
        """Note that *count* records up to *last_offset* of *source* have been folded in."""
        self.offsets[source] = max(last_offset, self.offsets.get(source, -1))
        self.event_times[source] = max(event_time_s, self.event_times.get(source, -math.inf))
        self.revision += count

    def follow(self, previous: Any) -> bool:
        """Take over what this window says of the *previous* one; return whether that is new."""
        return False
