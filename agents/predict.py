"""Predicts at the end of each price window, and scores what came true.

What is told to others must be in Kafka before the state that would tell it is overwritten: rows
of predictions first, then what is published of them and the scores, then what the models have
learnt. A worker that dies in between tells the same once more (docs/predictions.md).
"""

from __future__ import annotations

import asyncio

from faust.types import StreamT

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch
from cryptoviz.prediction.close import Close
from cryptoviz.producer import Producer
from tables import predictions, scores

# What is emitted meanwhile makes one batch. Each batch writes what the models of its pairs have
# learnt, kilobytes a pair, and who predicts five minutes ahead need not do so for each ticker.
GATHER_S = 0.1


@app.agent(topics.closes)
async def predict(batches: StreamT[Batch[Close]]) -> None:
    """Predict when a price window ends, and score predictions whose time has come."""
    async for batch in batches:
        batch.raw.take()
        if await _work(batch):
            batch.raw.finish()
        await asyncio.sleep(GATHER_S)


async def _work(batch: Batch[Close]) -> bool:
    """Return whether all is done; if not, a rebalance came, and the batch is read again."""
    generation = app.consumer_generation_id

    def is_overtaken() -> bool:
        return app.rebalancing or generation != app.consumer_generation_id

    folded = predictions.fold(batch.partition, batch.decoded.records, batch.offsets())
    if folded.latest:
        predictions.keep(folded)
        await _acknowledged()
        if is_overtaken():
            return False
        predictions.publish(folded)
        scores.update(folded.partition, folded.outcomes)
        await _acknowledged()
        if is_overtaken():
            return False
    predictions.finish(folded)
    return True


async def _acknowledged() -> None:
    """Wait until Kafka has all that was sent so far."""
    producer = app.producer
    assert isinstance(producer, Producer)
    await producer.buffer.flush()
