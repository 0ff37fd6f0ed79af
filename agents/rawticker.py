"""Folds tickers into `prices`."""

from __future__ import annotations

from faust.types import StreamT

from agents.rejections import reject
from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from cryptoviz.records import Ticker
from tables import instruments
from tables.prices import prices
from tables.windowed import Part


@app.agent(topics.rawticker)
async def rawticker(batches: StreamT[Batch[Ticker]]) -> None:
    """Fold each ticker into the window of its pair."""
    async for batch in each(batches):
        part = Part(batch.partition, batch.decoded.records, batch.offsets())
        instruments.note(batch)
        prices.update(batch.partition, batch.first, batch.next - 1, [part])
        reject(batch, topics.rejected)
