"""Where a page ended, as an opaque text that clients hand back to get the next one.

It holds the last row's time and what tells it apart from rows of the same time, so that pages
neither repeat nor miss a row however many arrive meanwhile.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import msgspec

Tie: TypeAlias = int | str

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MAX_LENGTH = 500
_MAX_INTEGER = 2**63 - 1
_encode = msgspec.json.Encoder().encode
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class CursorError(ValueError):
    """A cursor that no page ended with; the message shows it."""

    def __init__(self, text: str) -> None:
        shown = text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
        super().__init__(f"cursor must be the next of an answer to this query, was {shown!r}")


def encode(order: str, time: datetime, ties: Sequence[Tie]) -> str:
    """Return the cursor behind a row at *time*; *order* names the kind of rows and their order.

    A URL takes it as it is.
    """
    parts = [order, (time - _EPOCH) // _MICROSECOND, *ties]
    return binascii.b2a_base64(_encode(parts), newline=False).translate(_URL_SAFE, b"=").decode()


def decode(text: str, order: str, types: Sequence[type[Tie]]) -> tuple[datetime, list[Tie]]:
    """Return the time and the ties of a cursor of *order*, whose ties have the *types*.

    Raises `CursorError` for any other text.
    """
    if len(text) > _MAX_LENGTH:
        raise CursorError(text)
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        parts = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True))
        of_order, time_us, *ties = parts
        time = _EPOCH + timedelta(microseconds=time_us)
    except (ValueError, TypeError, OverflowError, binascii.Error, msgspec.MsgspecError):
        raise CursorError(text) from None
    # Compared by type itself: a bool is an int to isinstance, but not to the database.
    if of_order != order or [type(tie) for tie in ties] != list(types):
        raise CursorError(text)
    if any(isinstance(tie, int) and not -1 <= tie <= _MAX_INTEGER for tie in ties):
        raise CursorError(text)
    if any(isinstance(tie, str) and "\x00" in tie for tie in ties):
        raise CursorError(text)
    return time, ties
