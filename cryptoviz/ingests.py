"""The sink's state: its database, the way of each raw topic into it, and what is due later."""

from __future__ import annotations

from typing import Any

from cryptoviz import topics
from cryptoviz.app import sink
from cryptoviz.batch import Batch
from cryptoviz.ingest import Ingest
from cryptoviz.settings import current
from cryptoviz.timescale.copying import Refused
from cryptoviz.timescale.database import Database
from cryptoviz.timescale.refresh import AggregateRefresher
from cryptoviz.timescale.sink import ALERTS, ARTICLES, TICKERS, TRADES, RawTable
from cryptoviz.transport import Consumer

REFRESH_INTERVAL_S = 60.0

database = Database(current())
refresher = AggregateRefresher(
    # Half of the timer's interval, so that its jitter never makes it come too early.
    retention_days=current().timescale_retention_days,
    interval_s=REFRESH_INTERVAL_S / 2,
)


async def dead_letter(batch: Batch[Any], refused: Refused) -> None:
    """Send the record of a row that the database does not take to the dead-letter topic."""
    record = next(record for record in batch.raw.records if record.offset == refused.offset)
    sent = await topics.sink_rejected.send(
        key=record.key,
        value=record.value,
        headers={
            "topic": batch.topic.encode(),
            "partition": str(batch.partition).encode(),
            "offset": str(record.offset).encode(),
            "code": b"database",
            "reason": refused.error.encode(),
        },
        force=True,
    )
    # The row's transaction commits only when Kafka has the record.
    await sent


def consumer() -> Consumer:
    """Return the consumer of the sink, once it runs."""
    running = sink.consumer
    assert isinstance(running, Consumer)
    return running


def _ingest(table: RawTable[Any]) -> Ingest[Any]:
    return Ingest(table, database, refresher, current(), consumer, dead_letter)


tickers, trades = _ingest(TICKERS), _ingest(TRADES)
articles, alerts = _ingest(ARTICLES), _ingest(ALERTS)
by_topic: dict[str, Ingest[Any]] = {
    topics.sink_rawticker.get_topic_name(): tickers,
    topics.sink_rawtrade.get_topic_name(): trades,
    topics.sink_rawarticle.get_topic_name(): articles,
    topics.sink_rawalert.get_topic_name(): alerts,
}


@sink.on_partitions_revoked.connect
async def _forget(*_: object, **__: object) -> None:
    for ingest in by_topic.values():
        ingest.forget()
