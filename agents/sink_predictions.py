"""Writes predictions, their scores and the skill of sentiment to the database."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from faust.types import StreamT

from cryptoviz import topics
from cryptoviz.app import sink
from cryptoviz.batch import Batch, each
from cryptoviz.ingests import database
from cryptoviz.prediction.forecast import Forecast
from cryptoviz.prediction.listening import SentimentSkill
from cryptoviz.prediction.scoring import PairScores
from cryptoviz.timescale.predictions import prediction_rows, score_rows, skill_rows
from cryptoviz.timescale.raw_table import Row
from cryptoviz.timescale.results import (
    PREDICTIONS,
    SCORES,
    SENTIMENT_SKILL,
    ResultTable,
    upsert,
)


@sink.agent(topics.sink_predictions)
async def sink_predictions(batches: StreamT[Batch[Forecast]]) -> None:
    """Write each prediction to prediction_data, and the actual price when it is known."""
    async for batch in each(batches):
        await _upsert(PREDICTIONS, map(prediction_rows, batch.decoded.records))


@sink.agent(topics.sink_scores)
async def sink_scores(batches: StreamT[Batch[PairScores]]) -> None:
    """Write the newest scores of each day to score_data."""
    async for batch in each(batches):
        await _upsert(SCORES, map(score_rows, batch.decoded.records))


@sink.agent(topics.sink_sentiment_skill)
async def sink_sentiment_skill(batches: StreamT[Batch[SentimentSkill]]) -> None:
    """Write the newest skill of sentiment of each day to sentiment_skill_data."""
    async for batch in each(batches):
        await _upsert(SENTIMENT_SKILL, map(skill_rows, batch.decoded.records))


async def _upsert(table: ResultTable, rows: Iterable[list[Row]]) -> None:
    await upsert(await database.migrated(), table, list(chain.from_iterable(rows)))
