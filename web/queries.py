"""The declared types of path and query parameters, and what they stand for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from cryptoviz import pair as pairs
from cryptoviz import topics
from cryptoviz.period import Period, PeriodError, PeriodName, period
from web.answers import Refusal, bad_parameter

DEFAULT_ROWS = 100
MOST_ROWS = 1_000

PairText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=48,
        description="BASE/QUOTE; BASE-QUOTE and other spellings are understood.",
        examples=["BTC/USD", "BTC-USD"],
    ),
]
CryptoText = Annotated[
    str,
    Meta(min_length=1, max_length=48, description="A crypto's symbol.", examples=["BTC"]),
]
Limit = Annotated[
    int, Meta(ge=1, le=MOST_ROWS, description="Most rows of one page, the newest first.")
]
Cursor = Annotated[
    str, Meta(max_length=500, description="The cursor in the `next` of the page before.")
]
AsOf = Annotated[
    str,
    Meta(
        max_length=8_192,
        description="The `stream` of the first page: what was stored since is left out, because "
        "the stream behind it has it. Part of `next`.",
    ),
]
TimeText = Annotated[
    str,
    Meta(
        max_length=64,
        description="ISO 8601, UTC if it names no zone.",
        examples=["2026-03-01T00:00:00Z"],
    ),
]
Kind = Literal["PRICE_UP", "PRICE_DOWN"]
Label = Literal["positive", "neutral", "negative"]

_pair_of = pairs.lookup(topics.rules.quotes)


class RangeQuery(msgspec.Struct, kw_only=True):
    """Which stretch of time: [date_debut, date_fin), or a `periode` up to its end or to now."""

    periode: PeriodName = "24h"
    date_debut: TimeText | None = None
    date_fin: TimeText | None = None

    def period(self) -> Period:
        """Return the stretch of time; raises `Refusal`."""
        try:
            return period(self.periode, self.date_debut, self.date_fin, datetime.now(UTC))
        except PeriodError as error:
            raise bad_parameter(error.parameter, error.value, str(error)) from None


class HistoryQuery(RangeQuery, kw_only=True):
    """A page of a stretch of time."""

    limit: Limit = DEFAULT_ROWS
    cursor: Cursor | None = None
    as_of: AsOf | None = None


class ArticleQuery(HistoryQuery, kw_only=True):
    """A page of the articles of a stretch of time, by what they are about."""

    crypto: CryptoText | None = None
    website: Annotated[str, Meta(max_length=200)] | None = None
    label: Label | None = None


class AlertQuery(HistoryQuery, kw_only=True):
    """A page of the alerts of a stretch of time."""

    pair: PairText | None = None
    type: Kind | None = None


class PredictionQuery(HistoryQuery, kw_only=True):
    """A page of the predictions of a stretch of time."""

    model: Annotated[str, Meta(max_length=100, description="Name of the model.")] | None = None


def pair_of(text: str) -> str:
    """Return *text* as BASE/QUOTE; raises `Refusal`."""
    try:
        return _pair_of(text)
    except pairs.PairError as error:
        raise bad_parameter("pair", text, str(error)) from None


def crypto_of(text: str, parameter: str = "symbol") -> str:
    """Return *text* as a symbol under today's name; raises `Refusal`."""
    try:
        return pairs.crypto(text)
    except pairs.PairError as error:
        detail = f"{parameter} {str(error).removeprefix('crypto ')}"
        raise bad_parameter(parameter, text, detail) from None


def no_nul(name: str, text: str | None) -> str | None:
    """Return *text*; raises `Refusal` for a NUL, which PostgreSQL has no way to hold."""
    if text is not None and "\0" in text:
        raise bad_parameter(name, text, f"{name} must not hold NUL characters, was {text!r}")
    return text


__all__ = [
    "AlertQuery",
    "ArticleQuery",
    "HistoryQuery",
    "PredictionQuery",
    "RangeQuery",
    "Refusal",
    "crypto_of",
    "no_nul",
    "pair_of",
]
