"""Answers of the HTTP views: JSON bytes, and problems as RFC 9457 says."""

from __future__ import annotations

from typing import Any

import orjson
from faust.types.web import Response, View

DEFAULT_ROWS = 100
MOST_ROWS = 1_000


def json_bytes(view: View, body: bytes, *, status: int = 200) -> Response:
    """Answer with ready-made JSON."""
    return view.bytes(body, content_type="application/json", status=status)


def json_value(view: View, value: Any, *, status: int = 200) -> Response:
    """Answer with *value* as JSON."""
    return json_bytes(view, orjson.dumps(value), status=status)


def problem(view: View, status: int, title: str, detail: str, **headers: str) -> Response:
    """Answer with an `application/problem+json` document (RFC 9457)."""
    body = orjson.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
    return view.bytes(body, content_type="application/problem+json", status=status, headers=headers)


def limit_of(text: str | None) -> int:
    """Return the rows that a query's `limit` asks for: 1 to 1,000, by default 100.

    Raises `ValueError`, with a sentence that names the parameter and its value.
    """
    if text is None:
        return DEFAULT_ROWS
    # isdecimal alone would let other scripts' digits and endless numbers pass.
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= MOST_ROWS):
        raise ValueError(f"limit must be a whole number from 1 to {MOST_ROWS}, was {text!r}")
    return int(text)
