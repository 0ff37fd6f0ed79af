"""One message of a feed, and how it looks on each kind of connection; made once for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property

from cryptoviz.feeds.cursor import Rank, WindowKey

_SHORT, _LONG = 126, 65_536
_SYMBOLS = re.compile(r"[A-Za-z0-9./:]+")


class Message:
    """A record of a feed's topic. *subjects* are what subscribers name it by.

    *window* and *rank* are there if the message is the state of a window. *raw* is the record's
    value as its producer wrote it, *encode* makes the JSON that subscribers get.
    """

    def __init__(
        self,
        feed: str,
        subjects: tuple[str, ...],
        partition: int,
        offset: int,
        raw: bytes,
        encode: Callable[[], bytes] | None = None,
        window: WindowKey | None = None,
        rank: Rank | None = None,
    ) -> None:
        self.feed, self.subjects = feed, subjects
        self.partition, self.offset = partition, offset
        self.raw, self._encode = raw, encode
        self.window, self.rank = window, rank

    @property
    def is_forming(self) -> bool:
        """Whether a later state of the same window will replace this one."""
        return self.rank is not None and not self.rank.final

    @cached_property
    def body(self) -> bytes:
        """The JSON value that subscribers get."""
        return self.raw if self._encode is None else self._encode()

    @cached_property
    def fragment(self) -> bytes:
        """The message as an element of `updates`."""
        channel = self.feed
        # Words that articles name can be anything; only symbols can be put in without escaping.
        if len(self.subjects) == 1 and _SYMBOLS.fullmatch(self.subjects[0]):
            channel = f"{self.feed}:{self.subjects[0]}"
        head = f'{{"channel":"{channel}","partition":{self.partition},"offset":{self.offset},'
        return b'%s"data":%s}' % (head.encode(), self.body)

    @cached_property
    def raw_frame(self) -> bytes:
        """A WebSocket frame of the value as its producer wrote it."""
        return text_frame(self.raw)

    @cached_property
    def body_frame(self) -> bytes:
        """A WebSocket frame of the JSON value that subscribers get."""
        return text_frame(self.body)


def text_frame(payload: bytes) -> bytes:
    """Return an unmasked, uncompressed WebSocket text frame (RFC 6455, section 5.2)."""
    return frame_head(len(payload)) + payload


def frame_head(length: int) -> bytes:
    """Return the head of a text frame whose payload has *length* bytes."""
    if length < _SHORT:
        return bytes((0x81, length))
    if length < _LONG:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")


class Delivery:
    """Messages that go out together, and the cursor behind them."""

    def __init__(self, messages: Sequence[Message], cursor: str) -> None:
        self.messages, self.cursor = messages, cursor

    @cached_property
    def tail(self) -> bytes:
        """The JSON object of a delivery without its start, which differs between clients."""
        updates = b",".join([message.fragment for message in self.messages])
        return b'"cursor":"%s","updates":[%s]}' % (self.cursor.encode(), updates)

    @cached_property
    def event(self) -> bytes:
        """A server-sent event, as a chunk of HTTP."""
        return chunk(
            b"id: %s\nevent: updates\ndata: {%s\n\n" % (self.cursor.encode(), one_line(self.tail))
        )

    @cached_property
    def raw_frames(self) -> bytes:
        """Frames of the values as their producers wrote them."""
        return b"".join([message.raw_frame for message in self.messages])

    @cached_property
    def body_frames(self) -> bytes:
        """Frames of the values that subscribers get."""
        return b"".join([message.body_frame for message in self.messages])


def chunk(payload: bytes) -> bytes:
    """Return *payload* as one chunk of a chunked HTTP body."""
    return b"%x\r\n%s\r\n" % (len(payload), payload)


def one_line(json: bytes) -> bytes:
    """Return *json* without line ends, which would end a server-sent event's data.

    Inside JSON's strings they are escaped, so these stand between tokens.
    """
    if b"\n" in json or b"\r" in json:
        return json.replace(b"\n", b" ").replace(b"\r", b" ")
    return json


__all__ = ["Delivery", "Message", "chunk", "frame_head", "one_line", "text_frame"]
