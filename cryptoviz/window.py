"""Event-time tumbling windows: their keys, what every window's value carries, and watermarks.

Windows are half-open, [start, start + size), in Unix seconds. A window's value is a pure
function of the set of records in it: it carries the last source offset that was folded into
it for each source partition, and a record at or below that offset is skipped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

SEPARATOR = "|"


def window_start(event_time_s: float, size_s: int) -> int:
    """Return the start of the tumbling window of *size_s* that holds *event_time_s*."""
    return int(event_time_s // size_s) * size_s


def encode_key(subject: str, start_s: int) -> bytes:
    """Return the table key of a window, such as ``BTC/USD|1764310200``."""
    return f"{subject}{SEPARATOR}{start_s}".encode()


def decode_key(key: bytes) -> tuple[str, int]:
    """Return the subject and the window start of a table key."""
    subject, _, start = key.decode().rpartition(SEPARATOR)
    return subject, int(start)


class Window(msgspec.Struct, kw_only=True, gc=False):
    """What the value of every windowed table carries; a public contract (docs/changelogs.md).

    *revision* counts the records folded in, so it rises with every change and never depends on
    how records were batched. *final* is true once the watermark has passed the end. *reason*
    is ``late`` when a record came after that. *offsets* and *event_times* give, per source
    partition, the last offset folded in and the highest event time (s). *position* is how far
    the table's topic had been read when the value last changed: rows at or beyond the committed
    offset may not have reached Kafka when a worker died, and are sent again.
    """

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
        self.offsets[source] = last_offset
        self.event_times[source] = max(event_time_s, self.event_times.get(source, -math.inf))
        self.revision += count


class Watermark:
    """How far event time has come in one table partition, judged at the source partitions.

    Stream time is the highest event time seen from a source. The watermark is the stream time
    of the slowest source minus the lateness; a source that has been silent for *idle_timeout_s*
    of wall time no longer holds it back.
    """

    def __init__(self, lateness_s: float, idle_timeout_s: float) -> None:
        self._lateness_s = lateness_s
        self._idle_timeout_s = idle_timeout_s
        self._stream_times: dict[str, float] = {}
        self._last_seen_s: dict[str, float] = {}

    def observe(self, source: str, event_time_s: float, now_s: float) -> None:
        """Note a record, or word, that *source* has reached *event_time_s*."""
        known = self._stream_times.get(source, -math.inf)
        self._stream_times[source] = max(known, event_time_s)
        self._last_seen_s[source] = now_s

    def restore(self, stream_times: Mapping[str, float], now_s: float) -> None:
        """Take over the stream times found in a table; silence counts from *now_s*."""
        for source, event_time_s in stream_times.items():
            self.observe(source, event_time_s, now_s)

    def value(self, now_s: float) -> float:
        """Return the event time (s) before which records are late; -inf before any record."""
        awake = [
            stream_time
            for source, stream_time in self._stream_times.items()
            if now_s - self._last_seen_s[source] < self._idle_timeout_s
        ]
        reached = min(awake) if awake else max(self._stream_times.values(), default=-math.inf)
        return reached - self._lateness_s

    def complete_until(self, now_s: float) -> float:
        """Return the event time (s) up to which windows are final; -inf before any record.

        That is the watermark. In a market that has been quiet for the idle timeout and the
        lateness, it is wall time: nothing that could still belong to an ended window is due.
        """
        patience_s = self._idle_timeout_s + self._lateness_s
        if self._last_seen_s and now_s - max(self._last_seen_s.values()) >= patience_s:
            return max(now_s, self.value(now_s))
        return self.value(now_s)
