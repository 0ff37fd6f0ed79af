"""What the rows of a table tell of it, where no worker is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from cryptoviz.inspection.view import PartitionState, TableRow, TableState


class _Journal(msgspec.Struct):
    """What a window's value says of itself; a plain row has none of it."""

    window_start: int | None = None
    window_end: int | None = None
    event_times: dict[str, float] = {}
    pair: str | None = None


_read = msgspec.json.Decoder(_Journal).decode


def state_of(
    table: str,
    changelog: str,
    rows: Iterable[TableRow],
    partitions: Sequence[int],
    lateness_s: float,
) -> TableState:
    """Return the state of *table* as its *rows* tell it.

    The watermark is that of the sources whose records are in the rows, none of them asleep; how
    far a worker has read is not in the rows, so there is no lag.
    """
    journals: dict[int, list[_Journal]] = {number: [] for number in partitions}
    for row in rows:
        journals.setdefault(row.partition, []).append(_read(row.value))
    sizes = {
        each.window_end - each.window_start
        for some in journals.values()
        for each in some
        if each.window_start is not None and each.window_end is not None
    }
    windowed = bool(sizes)
    by_pair = any(each.pair for some in journals.values() for each in some)
    subject = "pair" if by_pair else "crypto_symbol"
    return TableState(
        table=table,
        help="",
        key=f"{subject}|window_start" if windowed else "name",
        size_s=next(iter(sizes), None),
        lateness_s=lateness_s if windowed else None,
        changelog=changelog,
        partitions=[_partition(*each, lateness_s) for each in sorted(journals.items())],
    )


def _partition(number: int, journals: Sequence[_Journal], lateness_s: float) -> PartitionState:
    starts = [each.window_start for each in journals if each.window_start is not None]
    stream_times: dict[str, float] = {}
    for journal in journals:
        _advance(stream_times, journal.event_times)
    return PartitionState(
        partition=number,
        rows=len(journals),
        watermark=min(stream_times.values()) - lateness_s if stream_times else None,
        oldest_window=min(starts, default=None),
        newest_window=max(starts, default=None),
    )


def _advance(stream_times: dict[str, float], event_times: Mapping[str, Any]) -> None:
    for source, time_s in event_times.items():
        stream_times[source] = max(time_s, stream_times.get(source, time_s))
