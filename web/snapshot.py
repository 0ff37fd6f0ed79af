"""What is there when a client subscribes: the newest record, or the windows that still form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from cryptoviz.feeds.cursor import Cursor, Rank, WindowKey
from cryptoviz.feeds.subscription import crypto_of
from web import overlay
from web.channels import table_of
from web.feeds import live
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


async def snapshot(channels: Sequence[str]) -> tuple[list[bytes], Cursor]:
    """Return elements as those of `updates`, and the cursor behind them; raises `Refusal`."""
    names = sorted({channel.partition(":")[0] for channel in channels})
    cursor = await live.now(*names)
    rows: list[bytes] = []
    for channel in channels:
        if table_of(channel) is None:
            rows += _records(channel)
    seen: list[Seen] = []
    for channel in channels:
        # Read behind the cursor, so that a change of them since is either shown or to come.
        if (table := table_of(channel)) is not None:
            rows += await _windows(channel, table, seen)
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
