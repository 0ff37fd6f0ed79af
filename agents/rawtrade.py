"""Folds trades into candles of all sizes."""

from __future__ import annotations

from typing import Any

from faust.types import StreamT

from agents.receiving import received
from agents.rejections import reject
from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from tables import instruments
from tables.candles import all_candles


@app.agent(topics.trades)
async def rawtrade(batches: StreamT[Batch[Any]]) -> None:
    """Fold each trade into the candles of its pair."""
    async for batch in each(batches):
        parts, stream_times = received(batch)
        instruments.note(batch.topic, batch.partition, parts)
        for table in all_candles:
            table.update(batch.partition, batch.next - 1, parts, stream_times)
        reject(batch, topics.rejected)
