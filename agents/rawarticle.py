"""Splits articles into mentions, one for each tracked crypto that they name."""

from __future__ import annotations

import msgspec
from faust.types import StreamT

from agents.forwarding import forgetful_clocks, report_progress
from agents.rejections import reject
from cryptoviz import tally, topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from cryptoviz.records import Article
from cryptoviz.sentiment import mentions
from cryptoviz.settings import current

_encode = msgspec.json.Encoder().encode
_tracked = frozenset(current().tracked_cryptos)
_clocks = forgetful_clocks()


@app.agent(topics.rawarticle)
async def rawarticle(batches: StreamT[Batch[Article]]) -> None:
    """Send a mention of each tracked crypto that an article names, keyed by crypto."""
    async for batch in each(batches):
        for article, offset in zip(batch.decoded.records, batch.offsets(), strict=True):
            _split(article, batch.partition, offset)
        report_progress(topics.mentions_out, _clocks, batch)
        reject(batch, topics.rejected)


def _split(article: Article, partition: int, offset: int) -> None:
    before_s = _clocks.advance(partition, article.event_time_s)
    sent = 0
    for mention in mentions(article, partition, offset, before_s, _tracked):
        topics.mentions_out.send_soon(key=mention.crypto_symbol.encode(), value=_encode(mention))
        sent += 1
    tally.words["tracked"] += sent
    tally.words["other"] += len(article.cryptos) - sent
