"""Folds trades into `candles`."""

from __future__ import annotations

from faust.types import StreamT

from agents.rejections import reject
from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from cryptoviz.records import Trade
from tables import instruments
from tables.candles import candles
from tables.windowed import Part


@app.agent(topics.rawtrade)
async def rawtrade(batches: StreamT[Batch[Trade]]) -> None:
    """Fold each trade into the window of its pair."""
    async for batch in each(batches):
        part = Part(batch.partition, batch.decoded.records, batch.offsets())
        instruments.note(batch)
        candles.update(batch.partition, batch.first, batch.next - 1, [part])
        reject(batch, topics.rejected)
