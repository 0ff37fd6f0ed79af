"""Writes every raw topic and every result to the database; agents of the sink app."""

from __future__ import annotations

from datetime import UTC, datetime

from faust.types import StreamT

from cryptoviz import topics
from cryptoviz.app import sink
from cryptoviz.batch import Batch, each, side_by_side
from cryptoviz.ingests import (
    REFRESH_INTERVAL_S,
    alerts,
    articles,
    by_topic,
    consumer,
    database,
    refresher,
    sentiment,
    tickers,
    trades,
)
from cryptoviz.records import Alert, Article, Ticker, Trade
from cryptoviz.sentiment import SentimentWindow
from cryptoviz.settings import current
from cryptoviz.timescale.failures import or_next_time
from cryptoviz.timescale.retention import drop_expired

# Partitions of a topic that are written at a time: while the database works on the rows of one,
# those of another are made and sent.
AT_A_TIME = 2
CHECK_INTERVAL_S = 1.0
RETENTION_INTERVAL_S = 3_600.0


@sink.agent(topics.sink_rawticker)
async def sink_rawticker(batches: StreamT[Batch[Ticker]]) -> None:
    """Write each ticker to ticker_data."""
    await side_by_side(batches, tickers.write, AT_A_TIME)


@sink.agent(topics.sink_rawtrade)
async def sink_rawtrade(batches: StreamT[Batch[Trade]]) -> None:
    """Write each trade to trade_data."""
    await side_by_side(batches, trades.write, AT_A_TIME)


@sink.agent(topics.sink_rawarticle)
async def sink_rawarticle(batches: StreamT[Batch[Article]]) -> None:
    """Write each article to article_data."""
    await side_by_side(batches, articles.write, AT_A_TIME)


@sink.agent(topics.sink_rawalert)
async def sink_rawalert(batches: StreamT[Batch[Alert]]) -> None:
    """Write each alert to alert_data."""
    await side_by_side(batches, alerts.write, AT_A_TIME)


@sink.agent(topics.sink_sentiment)
async def sink_sentiment(batches: StreamT[Batch[SentimentWindow]]) -> None:
    """Write each sentiment window to sentiment_data; a higher revision replaces a lower one."""
    async for batch in each(batches):
        await sentiment.write(batch)


@sink.timer(CHECK_INTERVAL_S)  # type: ignore[untyped-decorator]
async def check_database() -> None:
    """Read again what Kafka counts as done, but a new or restored database does not hold."""
    for tp in sorted(consumer().assignment()):
        if tp.topic in by_topic and not sink.rebalancing:
            await by_topic[tp.topic].check(tp)


@sink.timer(REFRESH_INTERVAL_S)  # type: ignore[untyped-decorator]
async def refresh_aggregates() -> None:
    """Refresh the hours of the aggregates that late rows have changed."""
    with or_next_time("The refresh of aggregates"):
        await refresher.refresh_due(await database.migrated(), datetime.now(UTC))


@sink.timer(RETENTION_INTERVAL_S, on_leader=True)  # type: ignore[untyped-decorator]
async def delete_expired() -> None:
    """Delete what is older than the retention where no policy of TimescaleDB does it."""
    days = current().timescale_retention_days
    if days != "off":
        with or_next_time("The deletion of expired rows"):
            await drop_expired(await database.migrated(), days)
