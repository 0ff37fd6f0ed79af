"""One message of the simulated market, ready for Kafka."""

from __future__ import annotations

from typing import Literal, NamedTuple

TopicKind = Literal["ticker", "trade", "article", "alert"]


class Message(NamedTuple):
    """A key and a value for the topic of its kind; both are UTF-8.

    `event_time_s` is when it happened on the simulated market, `send_time_s` when its producer
    sends it. Both are Unix seconds and equal, unless a fault makes the message late. `pair` is
    what a ticker, trade or alert is about; an article has none.
    """

    kind: TopicKind
    key: bytes
    value: bytes
    event_time_s: float
    send_time_s: float
    pair: str | None
