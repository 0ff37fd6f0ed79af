"""Rows as the database holds them and as history answers show them."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, Literal, TypeVar

import msgspec

Row = TypeVar("Row")


class TickerRow(msgspec.Struct, kw_only=True):
    """One ticker; prices in quote currency."""

    timestamp: datetime
    pair: str
    last: float
    bid: float | None
    ask: float | None
    volume_24h: float | None


class TradeRow(msgspec.Struct, kw_only=True):
    """One trade; *volume* in base currency, *side* is the aggressor's."""

    timestamp: datetime
    pair: str
    price: float
    volume: float
    side: Literal["b", "s"] | None


class ArticleRow(msgspec.Struct, kw_only=True):
    """One article with its sentiment in [0, 1]."""

    timestamp: datetime
    article_id: str | None
    title: str | None
    url: str | None
    website: str | None
    summary: str | None
    cryptocurrencies_mentioned: list[str]
    sentiment_score: float
    sentiment_label: str


class AlertRow(msgspec.Struct, kw_only=True):
    """One alert; change and threshold in percent."""

    timestamp: datetime
    pair: str
    last_price: float
    change_percent: float
    threshold: float
    alert_type: Literal["PRICE_UP", "PRICE_DOWN"]


class SentimentRow(msgspec.Struct, kw_only=True):
    """One sentiment window; *timestamp* is its end, *final* is false while it may change."""

    timestamp: datetime
    crypto_symbol: str
    sentiment_score: float | None
    sentiment_label: str | None
    source: str
    confidence: float | None
    window_start: datetime | None
    article_count: int | None
    positive: int | None
    neutral: int | None
    negative: int | None
    revision: int
    final: bool


class PredictionRow(msgspec.Struct, kw_only=True):
    """One prediction; *timestamp* is the time predicted for, *made_at* when it was made.

    It is *final* when its actual price is known; nothing else of it ever changes.
    """

    timestamp: datetime
    crypto_symbol: str
    predicted_price: float | None
    actual_price: float | None
    model_name: str
    confidence_interval_low: float | None
    confidence_interval_high: float | None
    pair: str
    made_at: datetime | None
    horizon: int | None
    level: float | None
    revision: int
    final: bool


class ScoreRow(msgspec.Struct, kw_only=True):
    """How good a model was, as the day from *timestamp* on (UTC) ended, or as it is *as_of* now.

    *mae*, *bias*, *mean_width* and *interval_score* in quote currency, *mape* in percent,
    *coverage* and *direction_accuracy* as shares of 1; *skill* against last_price, below 0 when
    worse.
    """

    timestamp: datetime
    crypto_symbol: str
    pair: str
    model_name: str
    horizon: int
    period: str
    as_of: datetime
    count: int
    mae: float
    mape: float
    bias: float
    coverage: float
    mean_width: float
    interval_score: float
    skill: float | None
    direction_accuracy: float | None
    revision: int
    final: bool


class SkillRow(msgspec.Struct, kw_only=True):
    """What sentiment brought over a week, as the day from *timestamp* on ended, or is *as_of* now.

    *skill* is that over the same model without sentiment: 0 when it changes nothing, below 0 when
    it harms. *standard_error* is null for fewer than two *hours*.
    """

    timestamp: datetime
    crypto_symbol: str
    pair: str
    horizon: int
    as_of: datetime
    hours: int
    skill: float
    standard_error: float | None
    revision: int
    final: bool


class PairHistory(msgspec.Struct, Generic[Row], kw_only=True):
    """A page of a pair's rows, newest first.

    *next* leads to the page behind, null at the end. *stream* is the cursor with which
    `/api/v1/stream` and `/ws/` go on exactly behind this answer, when it reaches now.
    """

    pair: str
    count: int
    next: str | None
    stream: str | None = None
    data: list[Row]


class CryptoHistory(msgspec.Struct, Generic[Row], kw_only=True):
    """A page of a crypto's rows, newest first; `next` and `stream` as elsewhere."""

    crypto_symbol: str
    count: int
    next: str | None
    stream: str | None = None
    data: list[Row]


class History(msgspec.Struct, Generic[Row], kw_only=True):
    """A page of rows, newest first; `next` and `stream` as elsewhere."""

    count: int
    next: str | None
    stream: str | None = None
    data: list[Row]
