"""The names of channels: `ticker:BTC/USD`, `candles:BTC/USD:5m`, `sentiment:BTC`, or a feed."""

from __future__ import annotations

from collections.abc import Iterable

from cryptoviz.feeds.cursor import Cursor, CursorError, parse
from cryptoviz.settings import current
from web import registry
from web.answers import Refusal, bad_parameter
from web.feeds import feeds
from web.parameters import shown
from web.queries import crypto_of, pair_of

MOST_CHANNELS = 200


def channels_of(names: Iterable[str]) -> list[str]:
    """Return *names* as they are spelled in messages; raises `Refusal`."""
    found = [channel_of(name) for name in names]
    if not 1 <= len(found) <= MOST_CHANNELS:
        detail = f"channels must be 1 to {MOST_CHANNELS} names, were {len(found)}."
        raise Refusal(400, detail, parameter="channels")
    return found


def channel_of(name: str) -> str:
    """Return one name; raises `Refusal` (404 for a feed that there is not)."""
    feed, colon, subject = name.strip().partition(":")
    if feed not in feeds:
        there = ", ".join(feeds)
        detail = f"channels must begin with one of {there}, was {shown(name)}."
        raise Refusal(404, detail, parameter="channels", value=name)
    if not colon:
        return feed
    if feeds[feed].subject == "crypto":
        return f"{feed}:{crypto_of(subject, 'channels')}"
    pair, _, size = subject.partition(":")
    channel = f"{feed}:{pair_of(pair)}"
    if not size:
        return channel
    if f"{feed}_{size}" not in registry.windowed():
        detail = f"channels must name a size that there is, was {shown(name)}."
        raise Refusal(404, detail, parameter="channels", value=name)
    return f"{channel}:{size}"


def resume(text: str, channels: Iterable[str], parameter: str = "cursor") -> Cursor:
    """Return the cursor *text* if it says where each of *channels* goes on; raises `Refusal`.

    To begin at now where it says nothing would be a gap that nobody is told of.
    """
    try:
        cursor = parse(text)
    except CursorError as error:
        raise bad_parameter(parameter, text, str(error)) from None
    count = current().topic_partitions
    for feed in {channel.partition(":")[0] for channel in channels}:
        offsets = cursor.positions.get(feed)
        if offsets is None or len(offsets) != count:
            wanted = f"{parameter} must be one of {feed}, with {count} offsets"
            raise bad_parameter(parameter, text, f"{wanted}, was {shown(text)}")
    return cursor


def table_of(channel: str) -> str | None:
    """Return the windowed table behind *channel*, None for a feed of records."""
    feed, _, subject = channel.partition(":")
    size = subject.partition(":")[2]
    table = f"{feed}_{size}" if size else feed
    return table if table in registry.windowed() else None
