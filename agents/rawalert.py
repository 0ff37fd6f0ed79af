"""Keeps the last alerts of each pair."""

from __future__ import annotations

from faust.types import StreamT

from agents.rejections import reject
from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from cryptoviz.records import Alert
from tables import alerts, instruments


@app.agent(topics.rawalert)
async def rawalert(batches: StreamT[Batch[Alert]]) -> None:
    """Put each alert at the head of its pair's log."""
    async for batch in each(batches):
        instruments.note(batch)
        alerts.update(batch)
        reject(batch, topics.rejected)
