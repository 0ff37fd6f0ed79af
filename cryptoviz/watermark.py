"""Watermarks: how far event time has come in one table partition, judged at its sources."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

# For how many seconds of wall time, at least, rows are kept for a source that is silent. What is
# closed too early is corrected; what is deleted too early is not.
EXPIRY_PATIENCE_S = 600.0


class Watermark:
    """How far event time has come, by the slowest of the source partitions.

    Stream time is the highest event time seen from a source. The watermark is the stream time
    of the slowest source minus the lateness; a source that has been silent for *idle_timeout_s*
    of wall time no longer holds it back. *expected* sources hold it back before their first
    record too: in a replay, the partition that is read first must not make the others late.
    """

    def __init__(
        self, lateness_s: float, idle_timeout_s: float, now_s: float, expected: Iterable[str] = ()
    ) -> None:
        self._lateness_s = lateness_s
        self._idle_timeout_s = idle_timeout_s
        self._began_s = now_s
        self._stream_times: dict[str, float] = dict.fromkeys(expected, -math.inf)
        self._last_seen_s: dict[str, float] = dict.fromkeys(self._stream_times, now_s)

    def observe(self, source: str, event_time_s: float, now_s: float) -> None:
        """Note a record, or word, that *source* has reached *event_time_s*."""
        self._stream_times[source] = max(self.stream_time(source), event_time_s)
        self._last_seen_s[source] = now_s

    def restore(self, stream_times: Mapping[str, float]) -> None:
        """Take over stream times found in a table; silence counts from the beginning."""
        for source, event_time_s in stream_times.items():
            self.observe(source, event_time_s, self._began_s)

    def stream_time(self, source: str) -> float:
        """Return the highest event time seen from *source*; -inf before any."""
        return self._stream_times.get(source, -math.inf)

    def value(self, now_s: float) -> float:
        """Return the event time (s) before which records are late; -inf before any record."""
        return self._value(now_s, self._idle_timeout_s)

    def expired_until(self, now_s: float, retention_s: float) -> float:
        """Return the event time (s) up to which rows kept for *retention_s* have expired.

        A source that is far behind may be silent for as long as its records wait elsewhere, as
        articles do that are still to be split. It must not find its windows deleted then.
        """
        patience_s = max(self._idle_timeout_s, EXPIRY_PATIENCE_S)
        return self._value(now_s, patience_s) - retention_s

    def _value(self, now_s: float, patience_s: float) -> float:
        awake = [
            stream_time
            for source, stream_time in self._stream_times.items()
            if now_s - self._last_seen_s[source] < patience_s
        ]
        reached = min(awake) if awake else max(self._stream_times.values(), default=-math.inf)
        return reached - self._lateness_s

    def complete_until(self, now_s: float) -> float:
        """Return the event time (s) up to which windows are final.

        That is the watermark. In a market that has been quiet for the idle timeout and the
        lateness, it is wall time: nothing that could still belong to an ended window is due.
        """
        patience_s = self._idle_timeout_s + self._lateness_s
        if now_s - max(self._last_seen_s.values(), default=self._began_s) >= patience_s:
            return max(now_s, self.value(now_s))
        return self.value(now_s)
