"""Folds tickers into `prices`."""

from __future__ import annotations

from typing import Any

from faust.types import StreamT

from agents.receiving import received
from agents.rejections import reject
from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from tables import instruments
from tables.prices import prices


@app.agent(topics.tickers)
async def rawticker(batches: StreamT[Batch[Any]]) -> None:
    """Fold each ticker into the window of its pair."""
    async for batch in each(batches):
        parts, stream_times = received(batch)
        instruments.note(batch.topic, batch.partition, parts)
        prices.update(batch.partition, batch.next - 1, parts, stream_times)
        reject(batch, topics.rejected)
