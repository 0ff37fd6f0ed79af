"""Keeps the last alerts of each pair."""

from __future__ import annotations

from typing import Any

from faust.types import StreamT

from agents.receiving import received
from agents.rejections import reject
from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from tables import alerts, instruments


@app.agent(topics.alerts)
async def rawalert(batches: StreamT[Batch[Any]]) -> None:
    """Put each alert at the head of its pair's log."""
    async for batch in each(batches):
        parts, _ = received(batch)
        instruments.note(batch.topic, batch.partition, parts)
        alerts.update(batch.partition, parts)
        reject(batch, topics.rejected)
