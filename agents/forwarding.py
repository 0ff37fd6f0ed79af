"""Forwards the topics in REKEY_TOPICS, record by record, to internal topics keyed by pair."""

from __future__ import annotations

from typing import Any

import msgspec
from faust.types import StreamT, TopicT

from agents.rejections import reject
from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.batch import Batch, each
from cryptoviz.origin import Forwarded, SourceClocks
from cryptoviz.records import declared
from cryptoviz.settings import current

_encode = msgspec.json.Encoder().encode


def report_progress(out: TopicT, clocks: SourceClocks, batch: Batch[Any]) -> None:
    """Tell every partition of *out* how far the source of *batch* has come."""
    progress = _encode(clocks.progress(batch.partition, batch.next - 1))
    for partition in range(current().topic_partitions):
        out.send_soon(key=None, value=progress, partition=partition)


def forward(batch: Batch[Any], out: TopicT, clocks: SourceClocks) -> None:
    """Send each record of *batch* to *out*, keyed by its pair, with its origin."""
    for record, offset in zip(batch.decoded.records, batch.offsets(), strict=True):
        before_s = clocks.advance(batch.partition, record.event_time_s)
        value = _encode(Forwarded(declared(record), batch.partition, offset, before_s))
        out.send_soon(key=record.pair.encode(), value=value)
    report_progress(out, clocks, batch)


def forgetful_clocks() -> SourceClocks:
    """Return clocks that a rebalance resets: partitions are read again from their commits."""
    clocks = SourceClocks()

    async def forget(*_: object, **__: object) -> None:
        clocks.forget()

    # Signals hold their receivers weakly unless told otherwise.
    app.on_partitions_revoked.connect(forget, weak=False)
    return clocks


def _agent(source: TopicT, out: TopicT) -> None:
    clocks = forgetful_clocks()

    @app.agent(source, name=f"forward_{source.get_topic_name()}")
    async def forward_batches(batches: StreamT[Batch[Any]]) -> None:
        """Forward each record to the topic that is keyed by pair."""
        async for batch in each(batches):
            forward(batch, out, clocks)
            reject(batch, topics.rejected)


for _source, _out in (
    (topics.rawticker, topics.tickers_out),
    (topics.rawtrade, topics.trades_out),
    (topics.rawalert, topics.alerts_out),
):
    if _out is not None:
        _agent(_source, _out)
