"""Asks a view what it answers, without a web server."""

from types import SimpleNamespace
from urllib.parse import quote, urlencode

from yarl import URL


def a_request(path="/", accept="application/json", method="GET", **query):
    """Return a request as views look at it."""
    raw_path = f"{quote(path)}?{urlencode(query)}"
    return SimpleNamespace(
        method=method,
        path=path,
        raw_path=raw_path,
        url=URL(f"http://127.0.0.1{raw_path}", encoded=True),
        query=query,
        headers={"Accept": accept},
    )


async def asked(view, path="/", match=None, **query):
    """Return the response of *view* to a GET of *path*, whose placeholders are *match*."""
    return await view.get(None, a_request(path, **query), **(match or {}))
