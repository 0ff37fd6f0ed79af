"""Writes every raw topic and every result to the database; agents of the sink app."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from faust.types import StreamT

from cryptoviz import topics
from cryptoviz.app import sink
from cryptoviz.batch import Batch, each
from cryptoviz.ingest import Ingest
from cryptoviz.records import Alert, Article, Ticker, Trade
from cryptoviz.sentiment import SentimentWindow
from cryptoviz.settings import current
from cryptoviz.timescale.copying import Refused
from cryptoviz.timescale.database import Database
from cryptoviz.timescale.refresh import AggregateRefresher
from cryptoviz.timescale.results import SENTIMENT, upsert
from cryptoviz.timescale.retention import drop_expired
from cryptoviz.timescale.sink import ALERTS, ARTICLES, TICKERS, TRADES, RawTable
from cryptoviz.timescale.windows import sentiment_row
from cryptoviz.transport import Consumer

REFRESH_INTERVAL_S = 60.0
RETENTION_INTERVAL_S = 3_600.0

database = Database(current())
refresher = AggregateRefresher(
    retention_days=current().timescale_retention_days, interval_s=REFRESH_INTERVAL_S / 2
)


async def dead_letter(batch: Batch[Any], refused: Refused) -> None:
    """Send the record of a row that the database does not take to the dead-letter topic."""
    record = next(record for record in batch.raw.records if record.offset == refused.offset)
    # Awaited: the row's transaction commits only when Kafka has the record.
    await topics.sink_rejected.send(
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


def _consumer() -> Consumer:
    consumer = sink.consumer
    assert isinstance(consumer, Consumer)
    return consumer


def _ingest(table: RawTable[Any]) -> Ingest[Any]:
    return Ingest(table, database, refresher, current(), _consumer, dead_letter)


tickers, trades = _ingest(TICKERS), _ingest(TRADES)
articles, alerts = _ingest(ARTICLES), _ingest(ALERTS)
ingests = (tickers, trades, articles, alerts)
RAW_TOPICS = tuple(
    topic.get_topic_name()
    for topic in (
        topics.sink_rawticker,
        topics.sink_rawtrade,
        topics.sink_rawarticle,
        topics.sink_rawalert,
    )
)


@sink.agent(topics.sink_rawticker)
async def sink_rawticker(batches: StreamT[Batch[Ticker]]) -> None:
    """Write each ticker to ticker_data."""
    async for batch in each(batches):
        await tickers.write(batch)


@sink.agent(topics.sink_rawtrade)
async def sink_rawtrade(batches: StreamT[Batch[Trade]]) -> None:
    """Write each trade to trade_data."""
    async for batch in each(batches):
        await trades.write(batch)


@sink.agent(topics.sink_rawarticle)
async def sink_rawarticle(batches: StreamT[Batch[Article]]) -> None:
    """Write each article to article_data."""
    async for batch in each(batches):
        await articles.write(batch)


@sink.agent(topics.sink_rawalert)
async def sink_rawalert(batches: StreamT[Batch[Alert]]) -> None:
    """Write each alert to alert_data."""
    async for batch in each(batches):
        await alerts.write(batch)


@sink.agent(topics.sink_sentiment)
async def sink_sentiment(batches: StreamT[Batch[SentimentWindow]]) -> None:
    """Write each sentiment window to sentiment_data; a higher revision replaces a lower one."""
    async for batch in each(batches):
        rows = [sentiment_row(window) for window in batch.decoded.records]
        await upsert(await database.migrated(), SENTIMENT, rows)
        refresher.note(SENTIMENT.name, (row[0] for row in rows), datetime.now(UTC))


@sink.timer(1.0)  # type: ignore[untyped-decorator]
async def check_database() -> None:
    """Read again what Kafka counts as done, but a new or restored database does not hold."""
    by_topic = dict(zip(RAW_TOPICS, ingests, strict=True))
    for tp in sorted(_consumer().assignment()):
        if tp.topic in by_topic and not sink.rebalancing:
            await by_topic[tp.topic].check(tp)


@sink.timer(REFRESH_INTERVAL_S)  # type: ignore[untyped-decorator]
async def refresh_aggregates() -> None:
    """Refresh the hours of the aggregates that late rows have changed."""
    await refresher.refresh_due(await database.migrated(), datetime.now(UTC))


@sink.timer(RETENTION_INTERVAL_S, on_leader=True)  # type: ignore[untyped-decorator]
async def delete_expired() -> None:
    """Delete what is older than the retention where no policy of TimescaleDB does it."""
    days = current().timescale_retention_days
    if days != "off":
        await drop_expired(await database.migrated(), days)


@sink.on_partitions_revoked.connect
async def _forget(*_: object, **__: object) -> None:
    for ingest in ingests:
        ingest.forget()
