"""`/health/`: whether the worker is ready, and what is down."""

from __future__ import annotations

from typing import Any

from faust.types.web import Request, Response, View

from cryptoviz.app import app
from tables import instruments
from web.answers import json_value
from web.database import database


@app.page("/health/")
async def health(view: View, request: Request) -> Response:
    """Answer 200 when the tables have recovered, 503 until then; say what is down.

    A database that is down does not make a worker unready: its live tables go on.
    """
    report = await status()
    return json_value(view, report, status=200 if report["ready"] else 503)


async def status() -> dict[str, Any]:
    """Return what `/health/` shows."""
    ready = bool(app.tables.actives_ready) and not app.rebalancing
    down: dict[str, str] = {}
    if not ready:
        down["tables"] = "recovering from their changelogs, or partitions are moving"
    if database.is_configured and (trouble := await database.trouble()):
        down["database"] = trouble
    if ready and (misplaced := instruments.misplaced()):
        wrong = ", ".join(f"{pair} in {topic}" for pair, topic in sorted(misplaced))
        down["keys"] = f"these topics are not keyed by pair, so windows are split: {wrong}"
    return {
        "ready": ready,
        "status": "ok" if not down else "degraded" if ready else "starting",
        "down": down,
        "database": "configured" if database.is_configured else "none",
    }
