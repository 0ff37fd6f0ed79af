"""Lets predictions know the sentiment about every crypto, wherever its pairs are."""

from __future__ import annotations

from faust.types import StreamT

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from cryptoviz.prediction.moods import SentimentEmission
from tables import moods


@app.agent(topics.sentiment_emissions)
async def predict_moods(batches: StreamT[Batch[SentimentEmission]]) -> None:
    """Note the score of each sentiment window for the predictions."""
    async for batch in each(batches):
        moods.update(batch.partition, batch.decoded.records)
