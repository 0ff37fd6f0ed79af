"""`/health/` and `/metrics` of a sink that runs alone; beside the stream app it has no server."""

from __future__ import annotations

from faust.types.web import Request, Response, View
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from cryptoviz.app import sink
from cryptoviz.ingests import database, every
from web.answers import json_value
from web.measures import Parts, Reading, Stored, process, text


@sink.page("/health/")
async def health(view: View, request: Request) -> Response:
    """Answer 200 when the sink has its partitions, 503 until then; say what is down."""
    ready = bool(sink.tables.actives_ready) and not sink.rebalancing
    trouble = await database.trouble()
    report = {
        "ready": ready,
        "status": "starting" if not ready else "degraded" if trouble else "ok",
        "down": {"database": trouble} if trouble else {},
        "rows": {ingest.table.name: dict(ingest.counts) for ingest in every},
    }
    return json_value(view, report, status=200 if ready else 503)


@sink.page("/metrics")
async def metrics(view: View, request: Request) -> Response:
    """Return the counters and gauges of this sink; counters begin at its start."""
    down = {"database"} if await database.trouble() else set()
    body = text(Parts({"database"}, down), Reading("sink", sink), Stored(every), process)
    return view.bytes(body, content_type=CONTENT_TYPE_PLAIN_0_0_4)
