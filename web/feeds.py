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
from web.shapes import candle_body, sentiment_body

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
        window_feed("candles", topics.CANDLES, "pair", candle_body, label),
        window_feed("prices", topics.PRICES, "pair", None, label),
        window_feed("sentiment", topics.SENTIMENT, "crypto", sentiment_body, label),
    ]
    return {feed.name: feed for feed in feeds}


feeds = _feeds()
live = Live(feeds, KafkaSource(current()))


def raw_topic(feed: str) -> str:
    """Return the topic of a feed of records."""
    return feeds[feed].topic


async def _close(_: web.Application) -> None:
    await live.close()


# Behind the sockets, which are closed first.
app.web.web_app.on_cleanup.append(_close)  # type: ignore[attr-defined]
