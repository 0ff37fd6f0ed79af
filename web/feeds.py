"""The live feeds of this worker: which there are, and the one reader of each."""

from __future__ import annotations

from aiohttp import web

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.feeds.feed import Feed, record_feed, window_feed
from cryptoviz.feeds.live import Live
from cryptoviz.feeds.source import KafkaSource
from cryptoviz.records import Alert, Article, Ticker, Trade
from cryptoviz.settings import current
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


def _feeds() -> dict[str, Feed]:
    feeds = [
        record_feed(name, topic.get_topic_name(), kind, topics.rules)
        for name, (topic, kind) in _RAW.items()
    ]
    feeds += [
        window_feed("candles", topics.CANDLES, "pair", BODIES["candles"], label),
        window_feed("prices", topics.PRICES, "pair", None, label),
        window_feed("sentiment", topics.SENTIMENT, "crypto", BODIES["sentiment"], label),
    ]
    return {feed.name: feed for feed in feeds}


feeds = _feeds()
live = Live(feeds, KafkaSource(current()))


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
