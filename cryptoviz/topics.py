"""Every Kafka topic of the application: what it is called, what it holds, how it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from faust.types import TopicT

from cryptoviz.app import BatchedApp, app, sink
from cryptoviz.batch import BatchSchema
from cryptoviz.kafka import LARGEST_MESSAGE
from cryptoviz.origin import Forwarded, Progress
from cryptoviz.prediction.close import Close
from cryptoviz.prediction.forecast import Forecast
from cryptoviz.prediction.listening import SentimentSkill
from cryptoviz.prediction.moods import SentimentEmission
from cryptoviz.prediction.scoring import PairScores
from cryptoviz.records import Alert, Article, Decoded, Rules, Ticker, Trade, decoder_for
from cryptoviz.sentiment import Mention, SentimentWindow
from cryptoviz.settings import Settings, current
from cryptoviz.topic_fit import TopicSpec

R = TypeVar("R")

# Of what the topics hold: raised when a reader written for the version before may break
# (docs/changelogs.md).
CONTRACT_VERSION = 2

DAY_MS = 86_400_000
CHANGELOG_CONFIG = {"cleanup.policy": "compact"}
# Long enough for a consumer, the sink among them, to be away for a week.
STREAM_CONFIG = {"cleanup.policy": "delete", "retention.ms": str(7 * DAY_MS)}
LATE_CONFIG = {"cleanup.policy": "delete", "retention.ms": str(30 * DAY_MS)}
# Byte for byte, with headers beside: larger than the largest message of a source.
REJECTED_CONFIG = LATE_CONFIG | {"max.message.bytes": str(LARGEST_MESSAGE)}

_settings = current()
MENTIONS = f"{_settings.cryptoviz_id}-mentions"
REJECTED = f"{_settings.cryptoviz_id}-rejected"
LATE = f"{_settings.cryptoviz_id}-late"
CANDLES = f"{_settings.cryptoviz_id}-candles"
PRICES = f"{_settings.cryptoviz_id}-prices"
SENTIMENT = f"{_settings.cryptoviz_id}-sentiment"
PREDICTIONS = f"{_settings.cryptoviz_id}-predictions"
SCORES = f"{_settings.cryptoviz_id}-scores"
SENTIMENT_SKILL = f"{_settings.cryptoviz_id}-sentiment-skill"

rules = Rules(_settings.sentiment_scale, _settings.quote_currencies)
_mention = msgspec.json.Decoder(Mention | Progress)


def batched(of: BatchedApp, name: str, decode: Callable[[Sequence[Any]], Decoded[Any]]) -> TopicT:
    """Return the topic *name* of the app *of*, whose agents receive typed batches."""
    of.batched_topics.add(name)
    return of.topic(name, schema=BatchSchema(decode), acks=True)


def plain(of: BatchedApp, name: str) -> TopicT:
    """Return the topic *name* of the app *of*, to which ready-made bytes are sent."""
    return of.topic(name, key_serializer="raw", value_serializer="raw", allow_empty=True)


def by_pair(raw: TopicT, kind: type[Any]) -> tuple[TopicT, TopicT | None]:
    """Return the topic that tables fold in place of *raw*, and where to forward *raw*, if so."""
    name = raw.get_topic_name()
    if name not in _settings.rekey_topics:
        return raw, None
    decode = msgspec.json.Decoder(Forwarded[kind] | Progress).decode  # type: ignore[valid-type]
    internal = f"{_settings.cryptoviz_id}-{name}-by-pair"
    folded = batched(app, internal, lambda raws: Decoded([decode(r.value) for r in raws], None, []))
    return folded, plain(app, internal)


def _decode_mentions(raw: Sequence[Any]) -> Decoded[Mention | Progress]:
    # Only this application writes the topic, so a message that is not ours ends the worker.
    return Decoded([_mention.decode(record.value) for record in raw], None, [])


def _decoded_by(kind: type[R]) -> Callable[[Sequence[Any]], Decoded[R]]:
    """Return how to decode a results topic, of which only this application writes records."""
    decode = msgspec.json.Decoder(kind).decode
    return lambda raw: Decoded([decode(record.value) for record in raw], None, [])


rawticker = batched(app, _settings.topic_rawticker, decoder_for(Ticker, rules))
rawtrade = batched(app, _settings.topic_rawtrade, decoder_for(Trade, rules))
rawarticle = batched(app, _settings.topic_rawarticle, decoder_for(Article, rules))
rawalert = batched(app, _settings.topic_rawalert, decoder_for(Alert, rules))
# What the tables fold: the raw topics, or those that REKEY_TOPICS forwards them to.
tickers, tickers_out = by_pair(rawticker, Ticker)
trades, trades_out = by_pair(rawtrade, Trade)
alerts, alerts_out = by_pair(rawalert, Alert)
mentions = batched(app, MENTIONS, _decode_mentions)
# Faust clones a topic for its agent; sending to one with a batch schema would encode by it.
mentions_out = plain(app, MENTIONS)
rejected = plain(app, REJECTED)
late = plain(app, LATE)
# What predictions are made from: results that this app itself publishes.
closes = batched(app, PRICES, _decoded_by(Close))
sentiment_emissions = batched(app, SENTIMENT, _decoded_by(SentimentEmission))


sink_rawticker = batched(sink, _settings.topic_rawticker, decoder_for(Ticker, rules))
sink_rawtrade = batched(sink, _settings.topic_rawtrade, decoder_for(Trade, rules))
sink_rawarticle = batched(sink, _settings.topic_rawarticle, decoder_for(Article, rules))
sink_rawalert = batched(sink, _settings.topic_rawalert, decoder_for(Alert, rules))
sink_sentiment = batched(sink, SENTIMENT, _decoded_by(SentimentWindow))
sink_predictions = batched(sink, PREDICTIONS, _decoded_by(Forecast))
sink_scores = batched(sink, SCORES, _decoded_by(PairScores))
sink_sentiment_skill = batched(sink, SENTIMENT_SKILL, _decoded_by(SentimentSkill))
sink_rejected = plain(sink, REJECTED)


# Internal topics whose records carry their origin (cryptoviz.origin).
with_origin = [
    mentions,
    *(topic for topic in (tickers, trades, alerts) if topic not in (rawticker, rawtrade, rawalert)),
]


def expected_sources(topic: TopicT) -> range:
    """Return the source partitions that a partition of *topic* waits for, beside its own."""
    return range(_settings.topic_partitions if topic in with_origin else 0)


def specs(settings: Settings = _settings) -> list[TopicSpec]:
    """Return every topic that must exist before a worker starts, changelogs included."""
    count = settings.topic_partitions
    raw = [
        settings.topic_rawticker,
        settings.topic_rawtrade,
        settings.topic_rawarticle,
        settings.topic_rawalert,
    ]
    internal = [topic.get_topic_name() for topic in with_origin]
    changelogs = sorted(app.tables.changelog_topics)
    # Faust elects the leader among workers by who holds the one partition of such a topic.
    leaders = [f"{of.conf.id}-__assignor-__leader" for of in (app, sink)]
    return [
        *(TopicSpec(name, 1) for name in leaders),
        *(TopicSpec(name, count, own=False) for name in raw),
        *(
            TopicSpec(name, count, STREAM_CONFIG)
            for name in (
                *internal,
                CANDLES,
                PRICES,
                SENTIMENT,
                PREDICTIONS,
                SCORES,
                SENTIMENT_SKILL,
            )
        ),
        TopicSpec(REJECTED, count, REJECTED_CONFIG),
        TopicSpec(LATE, count, LATE_CONFIG),
        *(TopicSpec(name, count, CHANGELOG_CONFIG) for name in changelogs),
    ]


app.needed_topics = specs
sink.needed_topics = specs
