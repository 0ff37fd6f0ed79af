"""Folds mentions into `sentiment`."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from faust.types import StreamT

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from cryptoviz.origin import by_source
from cryptoviz.sentiment import Mention
from tables.sentiment import sentiment

_crypto = attrgetter("crypto_symbol")


@app.agent(topics.mentions)
async def mentions(batches: StreamT[Batch[Any]]) -> None:
    """Fold each mention into the sentiment window of its crypto."""
    async for batch in each(batches):
        parts, stream_times = by_source(batch.decoded.records, _itself, _crypto)
        sentiment.update(batch.partition, batch.next - 1, parts, stream_times)


def _itself(mention: Mention) -> Mention:
    return mention
