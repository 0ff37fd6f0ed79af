"""`/health/`: whether the worker is ready, and what is down."""

from __future__ import annotations

from typing import Any

from faust.types.web import Request, Response, View

from cryptoviz.app import app
from web.answers import json_value


@app.page("/health/")
async def health(view: View, request: Request) -> Response:
    """Answer 200 when the tables have recovered, 503 until then; say what is down."""
    report = status()
    return json_value(view, report, status=200 if report["ready"] else 503)


def status() -> dict[str, Any]:
    """Return what `/health/` shows."""
    ready = app.tables.actives_ready and not app.rebalancing
    return {"ready": ready, "tables": "recovered" if ready else "recovering"}
