"""Windows as history answers and streams show them: the columns that readers of rows know."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from cryptoviz.candle import Candle
from cryptoviz.sentiment import SentimentWindow
from tables.sizes import label
from web.stored import SentimentRow

_encode = msgspec.json.Encoder().encode
_candle = msgspec.json.Decoder(Candle).decode
_sentiment = msgspec.json.Decoder(SentimentWindow).decode


class CandleRow(msgspec.Struct, kw_only=True):
    """One candle of [timestamp, end): prices in quote, volumes in base currency, from trades.

    *final* is false while the candle may change by trades that are not late.
    """

    timestamp: datetime
    end: datetime
    pair: str
    interval: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    buy_volume: float
    sell_volume: float
    vwap: float | None
    trades: int
    revision: int | None
    final: bool


def candle_row(candle: Candle) -> CandleRow:
    """Return *candle* as a row."""
    return CandleRow(
        timestamp=_time(candle.window_start),
        end=_time(candle.window_end),
        pair=candle.pair,
        interval=label(candle.window_end - candle.window_start),
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=candle.volume,
        buy_volume=candle.buy_volume,
        sell_volume=candle.sell_volume,
        vwap=candle.vwap,
        trades=candle.trades,
        revision=candle.revision,
        final=candle.final,
    )


def sentiment_row(window: SentimentWindow) -> SentimentRow:
    """Return *window* as a row of sentiment_data; its time is the window's end."""
    return SentimentRow(
        timestamp=_time(window.window_end),
        crypto_symbol=window.crypto_symbol,
        sentiment_score=window.score,
        sentiment_label=window.label,
        source=f"articles_{(window.window_end - window.window_start) // 60}min",
        confidence=window.confidence,
        window_start=_time(window.window_start),
        article_count=window.count,
        positive=window.positive,
        neutral=window.neutral,
        negative=window.negative,
        revision=window.revision,
        final=window.final,
    )


def candle_body(value: bytes) -> bytes:
    """Return a table's candle as a row's JSON."""
    return _encode(candle_row(_candle(value)))


def sentiment_body(value: bytes) -> bytes:
    """Return a table's sentiment window as a row's JSON."""
    return _encode(sentiment_row(_sentiment(value)))


# What subscribers get of the windows of a feed, where it is not the table's own value.
BODIES = {"candles": candle_body, "sentiment": sentiment_body}


def decode_candle(value: bytes) -> Candle:
    """Return a table's candle."""
    return _candle(value)


def decode_sentiment(value: bytes) -> SentimentWindow:
    """Return a table's sentiment window."""
    return _sentiment(value)


def _time(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
