"""`/metrics`: what this worker counts and measures, in the text format of Prometheus."""

from __future__ import annotations

from faust.types.web import Request, View
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from cryptoviz.app import app, sink
from cryptoviz.ingests import every
from cryptoviz.settings import current
from web.answers import Answer
from web.health import status
from web.measures import Outcomes, Parts, Reading, Stored, process, text
from web.operation import answers, page

# What `/health/` may name as down.
PARTS = ("addresses", "database", "keys", "tables")


@page("/metrics")
@answers(str, content_type="text/plain")
async def metrics(view: View, request: Request) -> Answer:
    """Return counters and gauges of this worker alone; counters begin at its start."""
    told = [Parts(PARTS, (await status()).down), Reading("stream", app), Outcomes(), process]
    if current().cryptoviz_sink == "internal" and current().timescale_dsn:
        told += [Reading("sink", sink), Stored(every)]
    # A reading is of now; one that was kept would stand still.
    return Answer(text(*told), CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})
