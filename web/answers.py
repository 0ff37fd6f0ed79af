"""Answers of the HTTP views: JSON bytes, and problems as RFC 9457 says."""

from __future__ import annotations

from typing import Any

import orjson
from faust.types.web import Response, View


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
