"""`/asyncapi.json`: AsyncAPI 3 of topics, changelogs and WebSockets, from their types."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple, get_args

import msgspec
from faust.types.web import Request, View

from cryptoviz import topics
from cryptoviz.alert_log import AlertLog
from cryptoviz.candle import Candle
from cryptoviz.prediction.forecast import Forecast
from cryptoviz.prediction.listening import SentimentSkill
from cryptoviz.prediction.scoring import PairScores
from cryptoviz.price import PriceWindow
from cryptoviz.sentiment import Mention, Progress, SentimentWindow
from cryptoviz.settings import current
from tables.configuration import Crypto, Visualization
from tables.instruments import Instrument
from web import registry
from web.answers import Answer, json_answer
from web.operation import answers, page
from web.socket_messages import Request as SocketRequest
from web.socket_messages import Told
from web.wire import RawAlert, RawArticle, RawTicker, RawTrade

_REF = "#/components/schemas/{name}"
_ROWS: dict[str, type[Any]] = {
    "predictions": Forecast,
    "scores": PairScores,
    "sentiment_skill": SentimentSkill,
    "alerts": AlertLog,
    "instruments": Instrument,
    "crypto_configuration": Crypto,
    "visualization_parameters": Visualization,
}


class Channel(NamedTuple):
    """A topic or a WebSocket: what it carries, and whether this application writes it."""

    name: str
    address: str
    help: str
    key: str | None
    payloads: tuple[Any, ...]
    action: str
    tombstones: bool = False


@page("/asyncapi.json")
@answers(dict[str, Any])
async def asyncapi(view: View, request: Request) -> Answer:
    """Return the AsyncAPI 3 document of the topics, the changelogs and `/ws/`."""
    return json_answer(document())


@cache
def document() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    channels = [*_raw(), *_results(), *_changelogs(), *_sockets()]
    types = [payload for channel in channels for payload in channel.payloads]
    _, schemas = msgspec.json.schema_components(types, ref_template=_REF)
    messages = {
        payload.__name__: {
            "name": payload.__name__,
            "contentType": "application/json",
            "payload": {"$ref": _REF.format(name=payload.__name__)},
        }
        for payload in types
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "CRYPTO VIZ",
            "version": version("cryptoviz"),
            "description": "Topics that are read, results and changelogs that other services can "
            "read, and the live feeds over WebSocket.",
        },
        "defaultContentType": "application/json",
        "channels": {channel.name: _channel(channel) for channel in channels},
        "operations": {
            f"{channel.action}_{channel.name}": {
                "action": channel.action,
                "channel": {"$ref": f"#/channels/{channel.name}"},
            }
            for channel in channels
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def _channel(channel: Channel) -> dict[str, Any]:
    described: dict[str, Any] = {
        "address": channel.address,
        "description": channel.help,
        "messages": {
            payload.__name__: {"$ref": f"#/components/messages/{payload.__name__}"}
            for payload in channel.payloads
        },
    }
    if channel.key is not None:
        described["description"] += f" Key: {channel.key}."
        described["bindings"] = {
            "kafka": {"topic": channel.address, "partitions": current().topic_partitions}
        }
    if channel.tombstones:
        described["description"] += " Compacted; a null value deletes its key."
    return described


def _raw() -> Iterator[Channel]:
    settings, pair = current(), "the pair"
    kinds = (
        ("rawticker", settings.topic_rawticker, "Quote updates.", pair, RawTicker),
        ("rawtrade", settings.topic_rawtrade, "Trades.", pair, RawTrade),
        ("rawarticle", settings.topic_rawarticle, "Articles.", "the website", RawArticle),
        ("rawalert", settings.topic_rawalert, "Price alerts.", pair, RawAlert),
    )
    for name, topic, text, key, payload in kinds:
        yield Channel(name, topic, text, key, (payload,), "receive")


def _results() -> Iterator[Channel]:
    key = "SUBJECT|START, and |SIZE for other than the usual size"
    kinds: tuple[tuple[str, str, type[Any]], ...] = (
        ("candles", topics.CANDLES, Candle),
        ("prices", topics.PRICES, PriceWindow),
        ("sentiment", topics.SENTIMENT, SentimentWindow),
        ("scores", topics.SCORES, PairScores),
    )
    for name, topic, payload in kinds:
        yield Channel(name, topic, f"Every change of {name}.", key, (payload,), "send")
    key, text = "PAIR|TIME|HORIZON", "Every prediction, and once more when its outcome is known."
    yield Channel("predictions", topics.PREDICTIONS, text, key, (Forecast,), "send")
    key, text = "CRYPTO|PAIR", "Whether sentiment helps to predict."
    yield Channel("sentiment_skill", topics.SENTIMENT_SKILL, text, key, (SentimentSkill,), "send")
    yield Channel(
        "mentions",
        topics.MENTIONS,
        "Internal: articles by the cryptos that they name.",
        "the crypto",
        (Mention, Progress),
        "send",
    )


def _changelogs() -> Iterator[Channel]:
    for name, table in registry.windowed().items():
        topic, payload = table.rows.table.changelog_topic_name, table.window
        text = f"Changelog: {table.rows.table.help}"
        yield Channel(f"{name}_changelog", topic, text, "SUBJECT|START", (payload,), "send", True)
    for name, rows in registry.plain().items():
        if name in _ROWS:
            topic, text = rows.table.changelog_topic_name, f"Changelog: {rows.table.help}"
            yield Channel(
                f"{name}_changelog", topic, text, "the row's name", (_ROWS[name],), "send", True
            )


def _sockets() -> Iterator[Channel]:
    asked, told = get_args(SocketRequest), get_args(Told)
    yield Channel("ws_requests", "/ws/", "What a client asks for.", None, asked, "receive")
    yield Channel("ws", "/ws/", "What a client is told.", None, told, "send")
