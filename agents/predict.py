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
from cryptoviz.batch import Batch, side_by_side
from cryptoviz.prediction.close import Close
from cryptoviz.producer import Producer
from cryptoviz.settings import current
from tables import predictions, scores

# What is emitted meanwhile makes one batch of a partition. Each batch writes what the models of its
# pairs have learnt, kilobytes a pair, and who predicts five minutes ahead need not do so for each
# ticker.
GATHER_S = 0.5
REBALANCE_POLL_S = 0.02


@app.agent(topics.closes)
async def predict(batches: StreamT[Batch[Close]]) -> None:
    """Predict when a price window ends, and score predictions whose time has come."""
    await side_by_side(batches, _work, current().topic_partitions)


async def _work(batch: Batch[Close]) -> None:
    def is_overtaken() -> bool:
        return app.rebalancing or batch.raw.dropped

    # A batch may have waited for the one before it while the partition went elsewhere.
    if not is_overtaken():
        folded = predictions.fold(batch.partition, batch.decoded.records, batch.offsets())
        if folded.latest:
            predictions.keep(folded)
            await _acknowledged()
            if not is_overtaken():
                predictions.publish(folded)
                scores.update(folded.partition, folded.outcomes)
                await _acknowledged()
    if is_overtaken():
        # It is read again by whoever has the partition then. Until Kafka has said who that is, it
        # must not count as finished, nor may one behind it begin.
        while app.rebalancing:  # noqa: ASYNC110  # Faust has no event for the end of it
            await asyncio.sleep(REBALANCE_POLL_S)
        return
    predictions.finish(folded)
    if not folded.latest:
        await asyncio.sleep(GATHER_S)


async def _acknowledged() -> None:
    """Wait until Kafka has all that was sent so far."""
    producer = app.producer
    assert isinstance(producer, Producer)
    await producer.buffer.flush()
