"""Cuts many messages into deliveries of bounded size, each with the cursor behind it.

Libraries refuse frames above a limit, 1 MiB in some, and a slow link must get a whole one through
before its client is closed. Who comes back with the cursor of the last piece has got on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cryptoviz.feeds.cursor import Rank, WindowKey, cursor_text
from cryptoviz.feeds.message import Delivery, Message

# Of values as they were produced: as JSON for subscribers they may be twice as long.
MOST_BYTES = 128 * 1024
# Around each value, in an element of `updates`.
AROUND_BYTES = 100


def deliveries(
    messages: Sequence[Message],
    positions: Mapping[str, Sequence[int]],
    shown: Mapping[WindowKey, Rank],
    floors: Mapping[WindowKey, Rank],
) -> list[Delivery]:
    """Return *messages*, which are in order in each partition, and the cursors behind them.

    *positions* and *floors* are what the cursor behind the last one holds, *shown* the floors
    before the first. A message that is larger than a piece is one alone.
    """
    if not messages:
        return []
    pieces = _cut(messages)
    found = [Delivery(pieces[-1], cursor_text(positions, floors))]
    if len(pieces) > 1:
        ahead = {feed: list(offsets) for feed, offsets in positions.items()}
        for number in range(len(pieces) - 1, 0, -1):
            # Behind the piece before, all is had but what the later pieces begin with.
            for message in reversed(pieces[number]):
                ahead[message.feed][message.partition] = message.offset
            # Floors that a later piece has passed do no harm: states at or below are not news.
            found.append(Delivery(pieces[number - 1], cursor_text(ahead, shown)))
    return found[::-1]


def _cut(messages: Sequence[Message]) -> list[Sequence[Message]]:
    if sum([len(message.raw) for message in messages]) + AROUND_BYTES * len(messages) <= MOST_BYTES:
        return [messages]
    pieces: list[list[Message]] = [[]]
    size = 0
    for message in messages:
        more = len(message.raw) + AROUND_BYTES
        if size + more > MOST_BYTES and pieces[-1]:
            pieces.append([])
            size = 0
        pieces[-1].append(message)
        size += more
    return [*pieces]
