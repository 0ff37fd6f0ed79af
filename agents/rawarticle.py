"""Splits articles into mentions, one for each tracked crypto that they name."""

from __future__ import annotations

import msgspec
from faust.types import StreamT

from agents.rejections import reject
from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from cryptoviz.records import Article
from cryptoviz.sentiment import Progress, mentions
from cryptoviz.settings import current

_encode = msgspec.json.Encoder().encode
_tracked = frozenset(current().tracked_cryptos)


@app.agent(topics.rawarticle)
async def rawarticle(batches: StreamT[Batch[Article]]) -> None:
    """Send a mention of each tracked crypto that an article names, keyed by crypto."""
    async for batch in each(batches):
        for article, offset in zip(batch.decoded.records, batch.offsets(), strict=True):
            for mention in mentions(article, batch.partition, offset, _tracked):
                topics.mentions_out.send_soon(
                    key=mention.crypto_symbol.encode(), value=_encode(mention)
                )
        _report_progress(batch)
        reject(batch, topics.rejected)


def _report_progress(batch: Batch[Article]) -> None:
    times = [article.event_time_s for article in batch.decoded.records]
    if times:
        progress = _encode(Progress(batch.partition, batch.next - 1, max(times)))
        for partition in range(current().topic_partitions):
            topics.mentions_out.send_soon(key=None, value=progress, partition=partition)
