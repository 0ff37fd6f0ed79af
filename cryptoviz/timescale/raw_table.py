"""The four raw tables: which columns they have, and how a record becomes a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeAlias, TypeVar

from cryptoviz.records import Alert, Article, Ticker, Trade

R = TypeVar("R")

# Column by column, the event's time first, its Kafka partition and offset last.
Row: TypeAlias = tuple[Any, ...]

_SOURCE = ("source_partition", "source_offset")


@dataclass(frozen=True)
class RawTable(Generic[R]):
    """A table of rows as they came from a topic, each with its Kafka coordinates."""

    name: str
    columns: tuple[str, ...]
    to_row: Callable[[R, int, int], Row]

    def to_rows(self, records: Iterable[R], partition: int, offsets: Sequence[int]) -> list[Row]:
        """Return one row for each record; *offsets* are the records', in their order."""
        to_row = self.to_row
        return [
            to_row(record, partition, offset)
            for record, offset in zip(records, offsets, strict=True)
        ]


def _time(event_time_s: float) -> Any:
    try:
        return datetime.fromtimestamp(event_time_s, UTC)
    except (ValueError, OverflowError, OSError):
        # Beyond the year 9999. Left as it is, it is refused with its row when it is written,
        # like any other value that the database cannot hold.
        return event_time_s


def _ticker_row(ticker: Ticker, partition: int, offset: int) -> Row:
    return (
        _time(ticker.event_time_s),
        ticker.pair,
        ticker.last,
        ticker.bid,
        ticker.ask,
        ticker.volume_24h,
        partition,
        offset,
    )


def _trade_row(trade: Trade, partition: int, offset: int) -> Row:
    return (
        _time(trade.event_time_s),
        trade.pair,
        trade.price,
        trade.volume,
        trade.side,
        partition,
        offset,
    )


def _article_row(article: Article, partition: int, offset: int) -> Row:
    return (
        _time(article.event_time_s),
        article.id,
        article.title,
        article.url,
        article.website,
        article.summary,
        article.cryptos,
        article.score,
        article.label,
        partition,
        offset,
    )


def _alert_row(alert: Alert, partition: int, offset: int) -> Row:
    return (
        _time(alert.event_time_s),
        alert.pair,
        alert.last,
        alert.change,
        alert.threshold,
        alert.kind,
        partition,
        offset,
    )


TICKERS = RawTable(
    "ticker_data",
    ("timestamp", "pair", "last", "bid", "ask", "volume_24h", *_SOURCE),
    _ticker_row,
)
TRADES = RawTable(
    "trade_data", ("timestamp", "pair", "price", "volume", "side", *_SOURCE), _trade_row
)
ARTICLES = RawTable(
    "article_data",
    (
        "timestamp",
        "article_id",
        "title",
        "url",
        "website",
        "summary",
        "cryptocurrencies_mentioned",
        "sentiment_score",
        "sentiment_label",
        *_SOURCE,
    ),
    _article_row,
)
ALERTS = RawTable(
    "alert_data",
    ("timestamp", "pair", "last_price", "change_percent", "threshold", "alert_type", *_SOURCE),
    _alert_row,
)
