"""What is there when a client subscribes.

The newest record, the windows that still form, the predictions whose outcome is to come, scores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from cryptoviz.feeds.cursor import Cursor, Rank, WindowKey
from cryptoviz.feeds.subscription import crypto_of
from cryptoviz.prediction.forecast import key_of
from cryptoviz.window import SEPARATOR, encode_key
from tables import predictions, scores, sentiment_skill
from web import overlay
from web.channels import table_of
from web.feeds import feeds, live
from web.live_rows import newest, ready, windows
from web.overlay import Seen
from web.shapes import BODIES

# Open windows of one subject: those of the lateness and some more, also of the smallest size.
MOST_WINDOWS = 30


class _State(msgspec.Struct, gc=False):
    window_start: int
    window_end: int
    revision: int
    final: bool
    pair: str = ""
    crypto_symbol: str = ""


_state = msgspec.json.Decoder(_State).decode


def _end(state: _State) -> datetime:
    return datetime.fromtimestamp(state.window_end, UTC)


class _Result(msgspec.Struct, gc=False):
    pair: str
    target_time: int = 0
    horizon: int = 0
    as_of: int = 0
    crypto_symbol: str = ""


class _Record(NamedTuple):
    """A row as the record of its feed's topic that it was sent in."""

    key: bytes
    value: bytes
    partition: int = 0
    offset: int = 0


_result = msgspec.json.Decoder(_Result).decode
# The plain tables behind feeds, and the keys of their rows in the feeds' topics.
_PLAIN: dict[str, tuple[str, Callable[[_Result], bytes]]] = {
    "predictions": (predictions.rows.name, lambda of: key_of(of.pair, of.target_time, of.horizon)),
    "prediction": (predictions.rows.name, lambda of: key_of(of.pair, of.target_time, of.horizon)),
    "scores": (scores.rows.name, lambda of: encode_key(of.pair, of.as_of)),
    "sentiment_skill": (
        sentiment_skill.rows.name,
        lambda of: f"{of.crypto_symbol}{SEPARATOR}{of.pair}".encode(),
    ),
}


async def snapshot(channels: Sequence[str]) -> tuple[list[bytes], Cursor]:
    """Return elements as those of `updates`, and the cursor behind them; raises `Refusal`."""
    names = sorted({channel.partition(":")[0] for channel in channels})
    cursor = await live.now(*names)
    rows: list[bytes] = []
    for channel in channels:
        if table_of(channel) is None and channel.partition(":")[0] not in _PLAIN:
            rows += _records(channel)
    seen: list[Seen] = []
    for channel in channels:
        # Read behind the cursor, so that a change of them since is either shown or to come.
        if (table := table_of(channel)) is not None:
            rows += await _windows(channel, table, seen)
        elif channel.partition(":")[0] in _PLAIN:
            rows += await _results(channel, seen)
    overlay.set_floors(cursor, seen)
    return rows, cursor


def _records(channel: str) -> list[bytes]:
    feed, _, wanted = channel.partition(":")
    latest, hidden = live.hub.logs[feed].latest, live.hub.hidden()
    messages = [
        latest[subject]
        for subject in ([wanted] if wanted else latest)
        if subject in latest and crypto_of(subject) not in hidden
    ]
    return list(dict.fromkeys(message.fragment for message in messages))


async def _results(channel: str, seen: list[Seen]) -> list[bytes]:
    ready()
    feed, _, wanted = channel.partition(":")
    table, key = _PLAIN[feed]
    fragments = []
    for value in await newest(table):
        record = _Record(key(_result(value)), value)
        (message,) = feeds[feed].decode([record])
        subject = message.subjects[0]
        if wanted in ("", subject):
            assert message.window is not None and message.rank is not None  # noqa: PT018
            seen.append(Seen(message.window, message.rank, datetime.now(UTC)))
            fragments.append(
                b'{"channel":"%s:%s","data":%s}' % (feed.encode(), subject.encode(), value)
            )
    return fragments


async def _windows(channel: str, table: str, seen: list[Seen]) -> list[bytes]:
    ready()
    feed, _, subject = channel.partition(":")
    if subject:
        values = await windows(table, subject.partition(":")[0], MOST_WINDOWS)
    else:
        values = await newest(table)
    size = subject.partition(":")[2]
    fragments = []
    for index, value in enumerate(values):
        state = _state(value)
        if subject and index and state.final:
            continue
        of = (state.pair or state.crypto_symbol) + (f":{size}" if size else "")
        key = WindowKey(feed, of, state.window_start)
        seen.append(Seen(key, Rank(state.revision, state.final), _end(state)))
        shape = BODIES.get(feed)
        body = shape(value) if shape else value
        fragments.append(b'{"channel":"%s","data":%s}' % (f"{feed}:{of}".encode(), body))
    return fragments
