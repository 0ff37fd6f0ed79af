"""How agents take the records of a batch by the partition that they came from."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from cryptoviz import topics
from cryptoviz.batch import Batch
from cryptoviz.origin import by_source
from cryptoviz.parts import Part

_forwarded_topics = {topic.get_topic_name() for topic in topics.with_origin} - {topics.MENTIONS}
_record, _pair = attrgetter("record"), attrgetter("pair")


def received(batch: Batch[Any]) -> tuple[list[Part[Any]], dict[int, float]]:
    """Return the records with a pair in *batch*, and how far sources have come beyond them (s)."""
    if batch.topic in _forwarded_topics:
        return by_source(batch.decoded.records, _record, _pair)
    return [Part(batch.partition, batch.decoded.records, batch.offsets(), _pair)], {}
