"""The sink's state: its database, the way of each raw topic into it, and what is due later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from cryptoviz import topics
from cryptoviz.app import sink
from cryptoviz.batch import Batch
from cryptoviz.ingest import Ingest
from cryptoviz.result_ingest import ResultIngest
from cryptoviz.settings import current
from cryptoviz.timescale.copying import Refused
from cryptoviz.timescale.database import Database
from cryptoviz.timescale.predictions import prediction_rows, score_rows, skill_rows
from cryptoviz.timescale.raw_table import Row
from cryptoviz.timescale.refresh import AggregateRefresher
from cryptoviz.timescale.results import (
    PREDICTIONS,
    SCORES,
    SENTIMENT,
    SENTIMENT_SKILL,
    ResultTable,
)
from cryptoviz.timescale.sink import ALERTS, ARTICLES, TICKERS, TRADES, RawTable
from cryptoviz.timescale.windows import sentiment_row
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


def _result_ingest(
    table: ResultTable,
    rows_of: Callable[[Any], Sequence[Row]],
    retention_days: int | Literal["off"] = current().timescale_retention_days,
) -> ResultIngest[Any]:
    return ResultIngest(
        table, rows_of, database, refresher, dead_letter, retention_days=retention_days
    )


tickers, trades = _ingest(TICKERS), _ingest(TRADES)
articles, alerts = _ingest(ARTICLES), _ingest(ALERTS)
# The scores of each day are few, and kept.
sentiment = _result_ingest(SENTIMENT, lambda window: [sentiment_row(window)])
predictions = _result_ingest(PREDICTIONS, prediction_rows)
scores = _result_ingest(SCORES, score_rows, retention_days="off")
sentiment_skill = _result_ingest(SENTIMENT_SKILL, skill_rows, retention_days="off")

by_topic: dict[str, Ingest[Any]] = {
    topics.sink_rawticker.get_topic_name(): tickers,
    topics.sink_rawtrade.get_topic_name(): trades,
    topics.sink_rawarticle.get_topic_name(): articles,
    topics.sink_rawalert.get_topic_name(): alerts,
}
every: tuple[Ingest[Any] | ResultIngest[Any], ...] = (
    *by_topic.values(),
    sentiment,
    predictions,
    scores,
    sentiment_skill,
)


# Again when they are assigned: what was found out in between was asked for too early to go back by.
@sink.on_partitions_assigned.connect
@sink.on_partitions_revoked.connect
async def _forget(*_: object, **__: object) -> None:
    for ingest in by_topic.values():
        ingest.forget()
    # A worker that has left may have written late rows and not refreshed their hours.
    refresher.begin_anew()
