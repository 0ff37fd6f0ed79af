"""Dead letters as they are in their topic: what was rejected, where from, why, and sent again when.

A letter is known by the place of its original, for after a crash a copy may follow it. A letter
that was sent back is followed by a mark: a record without a value whose header `retried` holds
the time.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import msgspec
from aiokafka.structs import ConsumerRecord

RETRIED = "retried"
MARK_KEY = RETRIED.encode()
# On a mark: the command that made it, for of two at the same time one sends.
BY = "by"
# On a message that was sent back: topic, partition and offset of its original.
RETRY_OF = "retry-of"
# Codes of letters whose record the live tables hold already.
FOLDED = ("database",)

Origin = tuple[str, int, int]


class Letter(msgspec.Struct, kw_only=True):
    """One rejected message. *place* is where it is in the dead-letter topic."""

    place: str
    topic: str
    partition: int
    offset: int
    code: str
    reason: str
    rejected_ms: int
    retried_ms: int | None = None
    key: bytes | None
    value: bytes | None

    @property
    def origin(self) -> Origin:
        """Where the original is."""
        return self.topic, self.partition, self.offset

    def line(self) -> dict[str, Any]:
        """Return the letter as a line to print; bytes that are no UTF-8 in base64."""
        line = {name: getattr(self, name) for name in self.__struct_fields__}
        return line | {"key": text_of(self.key)} | _content(self.value)

    def terminal_line(self) -> dict[str, Any]:
        """Return the letter as a line of a terminal, without its bytes."""
        origin = "/".join(map(str, self.origin))
        return {
            "place": self.place,
            "origin": origin,
            "code": self.code,
            "retried": self.retried_ms is not None,
            "reason": self.reason,
        }


TERMINAL_COLUMNS = ("place", "origin", "code", "retried", "reason")
CSV_COLUMNS = (
    *("place", "topic", "partition", "offset", "code", "reason", "rejected_ms", "retried_ms"),
    *("key", "value", "value_base64"),
)


def letters(records: Iterable[ConsumerRecord]) -> dict[Origin, Letter]:
    """Return the letters among *records*, each once, with what marks say of them."""
    found: dict[Origin, Letter] = {}
    retried: dict[Origin, int] = {}
    for record in records:
        headers = {name: text_of(value) or "" for name, value in record.headers}
        origin = _origin(headers)
        if origin is None:
            continue
        if (marked_ms := _marked_ms(headers)) is not None:
            retried.setdefault(origin, marked_ms)
        elif RETRIED not in headers and origin not in found:
            found[origin] = _letter(record, headers, origin)
    for origin, retried_ms in retried.items():
        if origin in found:
            found[origin].retried_ms = retried_ms
    return found


def marked(record: ConsumerRecord) -> tuple[Origin, str] | None:
    """Return which letter *record* says was sent back, and by which command; None if none."""
    headers = {name: text_of(value) or "" for name, value in record.headers}
    origin = _origin(headers)
    if origin is None or _marked_ms(headers) is None:
        return None
    return origin, headers.get(BY, "")


def mark(letter: Letter, now_ms: int, by: str) -> list[tuple[str, bytes]]:
    """Return the headers of the record that says that *letter* is sent back, and *by* whom."""
    topic, partition, offset = letter.origin
    return [
        ("topic", topic.encode()),
        ("partition", str(partition).encode()),
        ("offset", str(offset).encode()),
        (RETRIED, str(now_ms).encode()),
        (BY, by.encode()),
    ]


def retry_header(letter: Letter) -> list[tuple[str, bytes]]:
    """Return the header of the message that is *letter* sent back."""
    return [(RETRY_OF, "/".join(map(str, letter.origin)).encode())]


def text_of(content: bytes | None) -> str | None:
    """Return *content* as text, in which bytes that are no UTF-8 are escaped."""
    return None if content is None else content.decode("utf-8", "backslashreplace")


def _content(value: bytes | None) -> dict[str, Any]:
    if value is None:
        return {"value": None}
    try:
        return {"value": value.decode()}
    except UnicodeDecodeError:
        return {"value": None, "value_base64": base64.b64encode(value).decode()}


def _origin(headers: dict[str, str]) -> Origin | None:
    try:
        return headers["topic"], int(headers["partition"]), int(headers["offset"])
    except (KeyError, ValueError):
        # Somebody else's record; it is no letter of ours.
        return None


def _marked_ms(headers: dict[str, str]) -> int | None:
    """Return when a mark says that its letter was sent back; None if this is no mark of ours."""
    try:
        return int(headers[RETRIED])
    except (KeyError, ValueError):
        return None


def _letter(record: ConsumerRecord, headers: dict[str, str], origin: Origin) -> Letter:
    topic, partition, offset = origin
    return Letter(
        place=f"{record.partition}:{record.offset}",
        topic=topic,
        partition=partition,
        offset=offset,
        code=headers.get("code", ""),
        reason=headers.get("reason", ""),
        rejected_ms=record.timestamp,
        key=record.key,
        value=record.value,
    )
