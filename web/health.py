"""`/health/` and `/api/v1/health/`: whether the worker is ready, and what is down."""

from __future__ import annotations

from typing import Literal

import msgspec
from faust.types.web import Request, View

from cryptoviz.app import app
from tables import instruments
from tables.prices import prices
from web.answers import Answer, json_answer
from web.database import database
from web.forward import nowhere
from web.operation import answers, page


class Health(msgspec.Struct, kw_only=True):
    """*down* says of each part that does not work what is wrong with it."""

    ready: bool
    status: Literal["ok", "degraded", "starting"]
    down: dict[str, str]
    database: Literal["configured", "none"]


@page("/api/v1/health/", "/health/")
@answers(Health, problems=(503,), says_503=True)
async def health(view: View, request: Request) -> Answer:
    """Answer 200 when the tables have recovered, 503 until then; say what is down.

    A database that is down does not make a worker unready: its live tables go on.
    """
    report = await status()
    headers = {} if report.ready else {"Retry-After": "1"}
    return json_answer(report, status=200 if report.ready else 503, headers=headers)


async def status() -> Health:
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
    if ready and (hidden := nowhere(prices.rows.table.changelog_topic_name)):
        lost = ", ".join(map(str, hidden))
        down["addresses"] = (
            f"several workers have one address, so the rows of partitions {lost} cannot be asked "
            "for: set WEB_ADDRESS or WEB_PORT"
        )
    return Health(
        ready=ready,
        status="ok" if not down else "degraded" if ready else "starting",
        down=down,
        database="configured" if database.is_configured else "none",
    )
