"""What this worker knows of its tables, and how far each partition is that it answers for."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from typing import Any

from faust.types import TP

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.inspection.table_key import key_of
from cryptoviz.inspection.view import PartitionState, TableState
from cryptoviz.settings import current
from tables import alerts, instruments, moods, predictions, scores, sentiment_skill
from tables.memory import PartitionMemory
from tables.rows import Rows
from tables.windowed import WindowedTable
from web import registry

# The topics that rows which are no windows are made from, partition by partition. What people
# have configured comes from none.
_SOURCES = {
    alerts.rows.name: (topics.alerts,),
    instruments.rows.name: (topics.tickers, topics.trades, topics.alerts),
    moods.rows.name: (topics.sentiment_emissions,),
    **dict.fromkeys(
        (
            predictions.rows.name,
            predictions.forecasters.name,
            scores.rows.name,
            scores.hours.name,
            sentiment_skill.rows.name,
        ),
        (topics.closes,),
    ),
}


def states_here() -> Iterator[TableState]:
    """Yield every table with the partitions that this worker answers for."""
    settings = current()
    for name, table in registry.windowed().items():
        yield TableState(
            table=name,
            help=str(table.rows.table.help),
            key=key_of(name),
            size_s=table.size_s,
            lateness_s=settings.lateness,
            retention_s=settings.table_retention,
            changelog=table.rows.table.changelog_topic_name,
            partitions=[
                _windowed_partition(table, number, memory) for number, memory in table.held()
            ],
        )
    for name, rows in registry.plain().items():
        yield TableState(
            table=name,
            help=str(rows.table.help),
            key=key_of(name),
            changelog=rows.table.changelog_topic_name,
            partitions=list(_plain_partitions(name, rows)),
        )


def _windowed_partition(
    table: WindowedTable[Any], number: int, memory: PartitionMemory
) -> PartitionState:
    starts = [memory.starts(subject) for subject in memory.subjects()]
    watermark_s = memory.watermark.value(time.time())
    return PartitionState(
        partition=number,
        rows=sum(len(each) for each in starts),
        watermark=watermark_s if math.isfinite(watermark_s) else None,
        oldest_window=min((each[0] for each in starts), default=None),
        newest_window=max((each[-1] for each in starts), default=None),
        lag=_not_folded(table.source, number, memory.position),
    )


def _not_folded(topic: str, partition: int, position: int) -> int | None:
    consumer: Any = app.consumer
    place = TP(topic, partition)
    # A partition that is about to go or has just come has no end yet.
    end = consumer.highwater(place) if place in consumer.assignment() else None
    return None if end is None else max(0, end - position - 1)


def _plain_partitions(name: str, rows: Rows) -> Iterator[PartitionState]:
    consumer: Any = app.consumer
    uncommitted: dict[TP, int] = consumer.lags()
    sources = [str(topic.get_topic_name()) for topic in _SOURCES.get(name, ())]
    for number in rows.held_partitions():
        lags = [uncommitted.get(TP(topic, number)) for topic in sources]
        yield PartitionState(
            partition=number, rows=sum(1 for _ in rows.scan(number)), lag=_sum_of(lags)
        )


def _sum_of(lags: Iterable[int | None]) -> int | None:
    """Return the sum of *lags*; None if there are none, or one that this worker does not know."""
    known = list(lags)
    return None if not known or None in known else sum(filter(None, known))
