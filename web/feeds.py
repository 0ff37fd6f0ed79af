"""The live feeds of this worker: which there are, and the one reader of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.feeds.feed import Feed, record_feed, row_feed, window_feed
from cryptoviz.feeds.live import Live
from cryptoviz.feeds.message import Message
from cryptoviz.feeds.source import KafkaSource
from cryptoviz.records import Alert, Article, Ticker, Trade
from cryptoviz.settings import current
from tables import configuration
from tables.sizes import label
from web import sockets
from web.connections import EventConnection
from web.shapes import BODIES

GOING_AWAY = 1001
_RAW = {
    "ticker": (topics.rawticker, Ticker),
    "trade": (topics.rawtrade, Trade),
    "article": (topics.rawarticle, Article),
    "alert": (topics.rawalert, Alert),
}


_forecasts = window_feed("forecasts", topics.PREDICTIONS, "pair", None, label)


def _feeds() -> dict[str, Feed]:
    feeds = [
        record_feed(name, topic.get_topic_name(), kind, topics.rules)
        for name, (topic, kind) in _RAW.items()
    ]
    feeds += [
        window_feed("candles", topics.CANDLES, "pair", BODIES["candles"], label),
        window_feed("prices", topics.PRICES, "pair", None, label),
        window_feed("sentiment", topics.SENTIMENT, "crypto", BODIES["sentiment"], label),
        _named(_forecasts, "predictions", "pair", lambda subject: subject.partition(":")[0]),
        _named(_forecasts, "prediction", "crypto", lambda subject: subject.partition("/")[0]),
        window_feed("scores", topics.SCORES, "pair"),
        row_feed("sentiment_skill", topics.SENTIMENT_SKILL, "crypto"),
    ]
    return {feed.name: feed for feed in feeds}


def _named(feed: Feed, name: str, subject: str, subject_of: Callable[[str], str]) -> Feed:
    """Return *feed* under another name, with other subjects: those of all its horizons."""

    def decode(records: Sequence[Any]) -> list[Message]:
        messages = feed.decode(records)
        for message in messages:
            message.feed = name
            message.subjects = (subject_of(message.subjects[0]),)
            if message.window is not None:
                # Which window it is, is still told by the pair and the horizon.
                message.window = message.window._replace(feed=name)
        return messages

    return replace(feed, name=name, subject=subject, decode=decode)


feeds = _feeds()
live = Live(feeds, KafkaSource(current()), configuration.inactive_symbols)


def raw_topic(feed: str) -> str:
    """Return the topic of a feed of records."""
    return feeds[feed].topic


# Server-sent streams that are open.
streams: set[EventConnection] = set()


async def _end_streams(_: web.Application) -> None:
    for stream in list(streams):
        stream.close(GOING_AWAY, "The worker stops.")


async def _stop_reading(_: web.Application) -> None:
    await live.close()


sockets.close_at_shutdown(app)
app.web.web_app.on_shutdown.append(_end_streams)  # type: ignore[attr-defined]
# Behind the sockets, which are closed first.
app.web.web_app.on_cleanup.append(_stop_reading)  # type: ignore[attr-defined]
