"""The messages of the raw topics as producers write them; what they may also be is in records/."""

from __future__ import annotations

from typing import Literal

import msgspec

Number = float | str | None
Time = int | float | str


class RawTicker(msgspec.Struct, kw_only=True):
    """A quote update. Numbers may be texts; `timestamp` is Unix time in s, ms, µs or ns."""

    pair: str
    last: float | str
    bid: Number = None
    ask: Number = None
    volume_24h: Number = None
    timestamp: Time


class RawTrade(msgspec.Struct, kw_only=True):
    """A trade; *side* is the aggressor's, or missing: then the sign of *volume* says it."""

    pair: str
    price: float | str
    volume: float | str
    timestamp: Time
    side: Literal["b", "s", "buy", "sell"] | None = None


class RawContent(msgspec.Struct, kw_only=True):
    """The text of an article."""

    summary: str | None = None
    text: str | None = None


class RawSentiment(msgspec.Struct, kw_only=True):
    """What the producer found in an article, on the scale that SENTIMENT_SCALE names."""

    score: float | str
    label: str | None = None


class RawArticle(msgspec.Struct, kw_only=True):
    """An article; its identity is its *url*, else its *id*."""

    id: str | None = None
    title: str | None = None
    url: str | None = None
    website: str | None = None
    content: RawContent | None = None
    cryptocurrencies_mentioned: list[str] | None = None
    sentiment: RawSentiment
    published_at: Time | None = None
    scraped_at: Time | None = None


class RawAlert(msgspec.Struct, kw_only=True):
    """A price moved by more than a threshold; *change* and *threshold* in percent."""

    pair: str
    last: float | str
    change: float | str
    threshold: float | str
    timestamp: Time
