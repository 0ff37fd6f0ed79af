"""The last alerts of a pair, newest first."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cryptoviz.records import Alert

KEPT = 100


class LoggedAlert(msgspec.Struct, order=True, gc=False):
    """One alert with the place it came from; sorts by time, then by place."""

    event_time_s: float
    source_partition: int
    source_offset: int
    last: float
    change: float
    threshold: float
    kind: str


class AlertLog(msgspec.Struct, gc=False):
    """The newest alerts of *pair* by event time, newest first, and how far they were read."""

    pair: str
    alerts: list[LoggedAlert] = msgspec.field(default_factory=list)
    offsets: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, alerts: Sequence[Alert], partition: int, offsets: Sequence[int]) -> None:
        """Fold the *alerts* of *partition* that are not in the log yet."""
        read = self.offsets.get(str(partition), -1)
        new = [
            LoggedAlert(
                alert.event_time_s,
                partition,
                offset,
                alert.last,
                alert.change,
                alert.threshold,
                str(alert.kind),
            )
            for alert, offset in zip(alerts, offsets, strict=True)
            if offset > read
        ]
        self.alerts = sorted([*self.alerts, *new], reverse=True)[:KEPT]
        self.offsets[str(partition)] = max(read, offsets[-1])
