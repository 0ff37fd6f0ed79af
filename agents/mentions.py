"""Folds mentions into `sentiment`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from faust.types import StreamT

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from cryptoviz.sentiment import Mention, Progress
from tables.sentiment import sentiment
from tables.windowed import Part


@app.agent(topics.mentions)
async def mentions(batches: StreamT[Batch[Mention | Progress]]) -> None:
    """Fold each mention into the sentiment window of its crypto."""
    async for batch in each(batches):
        parts, stream_times = by_source(batch.decoded.records)
        sentiment.update(batch.partition, batch.first, batch.next - 1, parts, stream_times)


def by_source(
    records: Sequence[Mention | Progress],
) -> tuple[list[Part[Mention]], dict[int, float]]:
    """Return the mentions by the partition of their articles, and how far each has come (s)."""
    mentions: defaultdict[int, list[Mention]] = defaultdict(list)
    stream_times: dict[int, float] = {}
    for record in records:
        source = record.source_partition
        if isinstance(record, Mention):
            mentions[source].append(record)
        else:
            stream_times[source] = max(record.stream_time_s, stream_times.get(source, 0.0))
    parts = [
        Part(source, named, [mention.source_offset for mention in named])
        for source, named in mentions.items()
    ]
    return parts, stream_times
