"""`/health/` of a sink that runs alone; beside the stream app it has no server of its own."""

from __future__ import annotations

from faust.types.web import Request, Response, View

from cryptoviz.app import sink
from cryptoviz.ingests import by_topic, database
from web.answers import json_value


@sink.page("/health/")
async def health(view: View, request: Request) -> Response:
    """Answer 200 when the sink has its partitions, 503 until then; say what is down."""
    ready = bool(sink.tables.actives_ready) and not sink.rebalancing
    trouble = await database.trouble()
    report = {
        "ready": ready,
        "status": "starting" if not ready else "degraded" if trouble else "ok",
        "down": {"database": trouble} if trouble else {},
        "rows": {ingest.table.name: dict(ingest.counts) for ingest in by_topic.values()},
    }
    return json_value(view, report, status=200 if ready else 503)
