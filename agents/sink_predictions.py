"""Writes predictions, their scores and the skill of sentiment to the database."""

from __future__ import annotations

from faust.types import StreamT

from cryptoviz import ingests, topics
from cryptoviz.app import sink
from cryptoviz.batch import Batch, each
from cryptoviz.prediction.forecast import Forecast
from cryptoviz.prediction.listening import SentimentSkill
from cryptoviz.prediction.scoring import PairScores


@sink.agent(topics.sink_predictions)
async def sink_predictions(batches: StreamT[Batch[Forecast]]) -> None:
    """Write each prediction to prediction_data, and the actual price when it is known."""
    async for batch in each(batches):
        await ingests.predictions.write(batch)


@sink.agent(topics.sink_scores)
async def sink_scores(batches: StreamT[Batch[PairScores]]) -> None:
    """Write the newest scores of each day to score_data."""
    async for batch in each(batches):
        await ingests.scores.write(batch)


@sink.agent(topics.sink_sentiment_skill)
async def sink_sentiment_skill(batches: StreamT[Batch[SentimentSkill]]) -> None:
    """Write the newest skill of sentiment of each day to sentiment_skill_data."""
    async for batch in each(batches):
        await ingests.sentiment_skill.write(batch)
