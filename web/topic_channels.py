"""The topics that other services may write or read, and what each carries (docs/changelogs.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from cryptoviz import topics
from cryptoviz.alert_log import AlertLog
from cryptoviz.candle import Candle
from cryptoviz.prediction.forecast import Forecast
from cryptoviz.prediction.listening import SentimentSkill
from cryptoviz.prediction.scoring import PairScores
from cryptoviz.price import PriceWindow
from cryptoviz.records import Ticker, Trade
from cryptoviz.sentiment import Mention, Progress, SentimentWindow
from cryptoviz.settings import current
from tables import alerts, instruments, moods, predictions, scores, sentiment_skill
from tables.configuration import Crypto, Deleted, Visualization, cryptos, visualizations
from tables.instruments import Instrument
from web import registry
from web.wire import RawAlert, RawArticle, RawTicker, RawTrade

# Rows that are no windows: what they are called by, what they say, whether they are deleted.
_PLAIN: dict[str, tuple[str, tuple[type[Any], ...], bool]] = {
    predictions.rows.name: ("PAIR|TIME|HORIZON", (Forecast,), True),
    scores.rows.name: ("PAIR", (PairScores,), False),
    sentiment_skill.rows.name: ("CRYPTO|PAIR", (SentimentSkill,), False),
    alerts.rows.name: ("PAIR", (AlertLog,), False),
    instruments.rows.name: ("PAIR|TOPIC|PARTITION", (Instrument,), False),
    cryptos.rows.name: ("CRYPTO", (Crypto, Deleted), False),
    visualizations.rows.name: ("the entry's name", (Visualization, Deleted), False),
}
# What models and scores are computed from: state of the application's own, which changes with
# each improvement of a model and is nobody else's to read.
PRIVATE = (predictions.forecasters.name, moods.rows.name, scores.hours.name)


class LateHeaders(msgspec.Struct):
    """The table that no longer had the record's window, and where the record came from."""

    table: str
    partition: str
    offset: str


class LetterHeaders(msgspec.Struct):
    """Where a rejected message came from, and why it is no record."""

    topic: str
    partition: str
    offset: str
    code: str
    reason: str


class MarkHeaders(msgspec.Struct):
    """The rejected message that was sent back, when (Unix ms) and by which command."""

    topic: str
    partition: str
    offset: str
    retried: str
    by: str


class Message(NamedTuple):
    """What a channel carries: JSON of the type *payload*, or bytes as they came if it is None."""

    name: str
    payload: Any
    headers: type[Any] | None = None


class Channel(NamedTuple):
    """A topic or a WebSocket: what it carries, and whether this application writes it."""

    name: str
    address: str
    help: str
    key: str | None
    messages: tuple[Message, ...]
    action: str
    tombstones: bool = False


def carrying(*payloads: Any) -> tuple[Message, ...]:
    """Return messages of the types *payloads*, called like them."""
    return tuple(Message(payload.__name__, payload) for payload in payloads)


def topic_channels() -> Iterator[Channel]:
    """Yield every topic that is described."""
    yield from _raw()
    yield from _results()
    yield from _changelogs()
    yield from _left_over()


def _raw() -> Iterator[Channel]:
    settings, pair = current(), "the pair"
    kinds = (
        ("rawticker", settings.topic_rawticker, "Quote updates.", pair, RawTicker),
        ("rawtrade", settings.topic_rawtrade, "Trades.", pair, RawTrade),
        ("rawarticle", settings.topic_rawarticle, "Articles.", "the website", RawArticle),
        ("rawalert", settings.topic_rawalert, "Price alerts.", pair, RawAlert),
    )
    for name, topic, text, key, payload in kinds:
        yield Channel(name, topic, text, key, carrying(payload), "receive")


def _results() -> Iterator[Channel]:
    def sent(name: str, topic: str, text: str, key: str, *payloads: type[Any]) -> Channel:
        return Channel(name, topic, text, key, carrying(*payloads), "send")

    every, key = "Every change of {}.", "{}|START, and |SIZE for other than the usual size"
    pair, crypto = key.format("PAIR"), key.format("CRYPTO")
    yield sent("candles", topics.CANDLES, every.format("candles"), pair, Candle)
    yield sent("prices", topics.PRICES, every.format("prices"), pair, PriceWindow)
    yield sent("sentiment", topics.SENTIMENT, every.format("sentiment"), crypto, SentimentWindow)
    text = "Every prediction, and once more when its outcome is known."
    yield sent("predictions", topics.PREDICTIONS, text, "PAIR|TIME|HORIZON", Forecast)
    yield sent("scores", topics.SCORES, every.format("scores"), "PAIR|AS_OF", PairScores)
    text = "Whether sentiment helps to predict."
    yield sent("sentiment_skill", topics.SENTIMENT_SKILL, text, "CRYPTO|PAIR", SentimentSkill)
    text = "Internal: articles by the cryptos that they name."
    yield sent("mentions", topics.MENTIONS, text, "the crypto", Mention, Progress)


def _changelogs() -> Iterator[Channel]:
    for name, table in registry.windowed().items():
        subject = "CRYPTO" if table.subject == "crypto_symbol" else "PAIR"
        key = table.key(subject, 0).decode().replace("|0", "|START", 1)
        yield _changelog(name, table.rows.table, key, (table.window,), deletes=True)
    for name, rows in registry.plain().items():
        if name not in PRIVATE:
            key, payloads, deletes = _PLAIN[name]
            yield _changelog(name, rows.table, key, payloads, deletes)


def _changelog(
    name: str, table: Any, key: str, payloads: tuple[type[Any], ...], deletes: bool
) -> Channel:
    topic, text = table.changelog_topic_name, f"Changelog: {table.help}"
    return Channel(f"{name}_changelog", topic, text, key, carrying(*payloads), "send", deletes)


def _left_over() -> Iterator[Channel]:
    late = tuple(Message(f"Late{kind.__name__}", kind, LateHeaders) for kind in (Trade, Ticker))
    yield Channel(
        "late",
        topics.LATE,
        "Records older than the table of the header `table` keeps its windows.",
        "the table",
        (*late, Message("LateMention", Mention, LateHeaders)),
        "send",
    )
    letter = Message("DeadLetter", None, LetterHeaders)
    yield Channel(
        "rejected",
        topics.REJECTED,
        "Messages that are no records, byte for byte. One without a value and with the header "
        "`retried` says that its original was sent back.",
        "that of the original",
        (letter, Message("RetryMark", None, MarkHeaders)),
        "send",
        tombstones=True,
    )
