"""The worker of benchmarks/http.py: the application, with two views to compare it with."""

from __future__ import annotations

import asyncio
from datetime import datetime

import asyncpg
import orjson
from faust.types.web import Request, Response, View

from cryptoviz.app import app
from cryptoviz.settings import current

__all__ = ["app"]

_pools: list[asyncpg.Pool] = []
_first = asyncio.Lock()


@app.page("/bench/hello/")
async def hello(view: View, request: Request) -> Response:
    """Answer as little as can be."""
    return view.bytes(b'{"hello":"world"}', content_type="application/json")


@app.page("/bench/naive/{base}/{quote}/")
async def naive(view: View, request: Request, base: str, quote: str) -> Response:
    """Answer with the same page as history does, in the way that first comes to mind."""
    async with _first:
        # One pool, however many ask at first.
        if not _pools:
            _pools.append(await asyncpg.create_pool(current().timescale_dsn))
    rows = await _pools[0].fetch(
        "SELECT timestamp, pair, last, bid, ask, volume_24h FROM ticker_data "
        "WHERE pair = $1 AND timestamp < $2 ORDER BY timestamp DESC LIMIT 100",
        f"{base}/{quote}",
        datetime.fromisoformat(request.query["date_fin"]),
    )
    found = [dict(row) for row in rows]
    body = orjson.dumps({"pair": f"{base}/{quote}", "count": len(found), "data": found})
    return view.bytes(body, content_type="application/json")
