"""What the rows of a table tell of it, where no worker is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from cryptoviz.inspection.table_key import is_windowed, key_of
from cryptoviz.inspection.table_name import size_of
from cryptoviz.inspection.view import PartitionState, TableRow, TableState
from cryptoviz.settings import Settings


class _Journal(msgspec.Struct):
    """What a window's value says of itself."""

    window_start: int | None = None
    event_times: dict[str, float] = {}


_read = msgspec.json.Decoder(_Journal).decode


def state_of(
    table: str,
    changelog: str,
    rows: Iterable[TableRow],
    partitions: Sequence[int],
    settings: Settings,
) -> TableState:
    """Return the state of *table* as its *rows* and its name tell it.

    The watermark is that of the sources whose records are in the rows, none of them asleep; how
    far a worker has read is not in the rows, so there is no lag.
    """
    journals: dict[int, list[_Journal]] = {number: [] for number in partitions}
    for row in rows:
        journals.setdefault(row.partition, []).append(_read(row.value))
    windowed = is_windowed(table)
    # Plain rows may say which window they are about; their own times are none.
    told = _windowed_partition if windowed else _plain_partition
    return TableState(
        table=table,
        help="",
        key=key_of(table),
        size_s=size_of(table) if windowed else None,
        lateness_s=settings.lateness if windowed else None,
        retention_s=settings.table_retention if windowed else None,
        changelog=changelog,
        partitions=[told(*each, settings.lateness) for each in sorted(journals.items())],
    )


def _plain_partition(number: int, journals: Sequence[_Journal], _: float) -> PartitionState:
    return PartitionState(partition=number, rows=len(journals))


def _windowed_partition(
    number: int, journals: Sequence[_Journal], lateness_s: float
) -> PartitionState:
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
