"""Sends what could not become a record to the dead-letter topic, byte for byte."""

from __future__ import annotations

from typing import Any

from faust.types import TopicT

from cryptoviz import tally
from cryptoviz.batch import Batch


def reject(batch: Batch[Any], dead_letters: TopicT) -> None:
    """Send the rejected messages of *batch* to *dead_letters*, with where and why in headers."""
    for rejected in batch.decoded.rejected:
        record = batch.raw.records[rejected.index]
        tally.rejected[batch.topic, rejected.code] += 1
        dead_letters.send_soon(
            key=record.key,
            # Kafka's client sends no record that has neither.
            value=record.value if record.key is not None else record.value or b"",
            headers={
                "topic": batch.topic.encode(),
                "partition": str(batch.partition).encode(),
                "offset": str(record.offset).encode(),
                "code": rejected.code.encode(),
                "reason": rejected.reason.encode(),
            },
        )
