"""Configures a worker over HTTP, as the dashboard does."""

import aiohttp


async def configure(worker, method, path, **body):
    """Ask for *method* of what is at *path*, with *body* as JSON if there is any."""
    url = f"http://127.0.0.1:{worker.web_port}/api/v1/config/{path}"
    session = aiohttp.ClientSession()
    async with session, session.request(method, url, json=body or None) as answer:
        assert answer.status < 300, await answer.text()
