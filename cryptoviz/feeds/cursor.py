"""Where a client is in the feeds: a text from which any worker can go on exactly.

    ticker:120:33:0:9~sentiment:7:0:0:2~!sentiment:BTC:1764310200:17:0

For each feed the next offset of each partition of its topic, `-` for "from now on". A part with
`!` is a floor: a history answer has shown that window (feed, subject, start) with that revision
and that final already, so an update at or below is not news.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

MOST_CHARACTERS = 8_192
MOST_OFFSET = 2**63 - 1


class CursorError(ValueError):
    """A text that is no cursor; the message shows it."""

    def __init__(self, text: str) -> None:
        shown = text if len(text) <= 100 else text[:100] + "…"
        super().__init__(f"cursor must be one that an answer or a stream gave, was {shown!r}")


class Rank(NamedTuple):
    """What orders the states of one window: they only ever rise."""

    revision: int
    final: bool


class WindowKey(NamedTuple):
    """One window of a feed."""

    feed: str
    subject: str
    start: int


class Cursor(msgspec.Struct):
    """Next offsets by feed and partition, None where nothing is known; and floors."""

    positions: dict[str, list[int | None]] = msgspec.field(default_factory=dict)
    floors: dict[WindowKey, Rank] = msgspec.field(default_factory=dict)

    def __str__(self) -> str:
        """Return the text of the cursor."""
        return cursor_text(self.positions, self.floors)


def cursor_text(
    positions: Mapping[str, Sequence[int | None]], floors: Mapping[WindowKey, Rank]
) -> str:
    """Return the text of the cursor of *positions* and *floors*."""
    parts = [position_text(feed, offsets) for feed, offsets in positions.items()]
    return "~".join([*parts, *_floor_texts(floors)])


def position_text(feed: str, offsets: Sequence[int | None]) -> str:
    """Return the part of a cursor about one feed."""
    shown = ("-" if offset is None else str(offset) for offset in offsets)
    return ":".join([feed, *shown])


def _floor_texts(floors: Mapping[WindowKey, Rank]) -> list[str]:
    return [
        f"!{key.feed}:{key.subject}:{key.start}:{rank.revision}:{int(rank.final)}"
        for key, rank in floors.items()
    ]


def parse(text: str) -> Cursor:
    """Return the cursor of *text*; raises `CursorError`."""
    cursor = Cursor()
    if not text or len(text) > MOST_CHARACTERS or not text.isascii():
        raise CursorError(text)
    try:
        for part in text.split("~"):
            if part.startswith("!"):
                # A subject may hold a colon: `BTC/USD:5m`.
                feed, _, rest = part[1:].partition(":")
                subject, start, revision, final = rest.rsplit(":", 3)
                floor = Rank(_number(revision), bool(_number(final)))
                cursor.floors[WindowKey(feed, subject, _number(start))] = floor
            else:
                feed, *offsets = part.split(":")
                if not offsets:
                    raise CursorError(text)
                known = [None if offset == "-" else _number(offset) for offset in offsets]
                cursor.positions[feed] = known
    except ValueError:
        raise CursorError(text) from None
    return cursor


def _number(text: str) -> int:
    # int() alone would also take signs, spaces, underscores and other scripts' digits.
    if not text.isdecimal() or len(text) > 19 or int(text) > MOST_OFFSET:
        raise ValueError(text)
    return int(text)
