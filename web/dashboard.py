"""`/` and `/assets/`: the dashboard, as `npm run build` in web/ui left it in web/static/."""

from __future__ import annotations

import gzip
import mimetypes
import re
from functools import lru_cache
from pathlib import Path

from aiohttp import web

from cryptoviz.app import app
from web.answers import Refusal, refuse

STATIC = Path(__file__).parent / "static"
# A name that holds a hash of its content never stands for another one.
FOR_EVER = "public, max-age=31536000, immutable"
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8}\.[a-z]+$")
LEAST_COMPRESSED_BYTES = 1_024
_TEXTS = (".css", ".html", ".js", ".svg", ".txt")

SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            # Vue makes its templates' static parts by a policy of this name.
            "trusted-types vue",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>CRYPTO VIZ</title>
<p>The dashboard is not built; <code>npm ci &amp;&amp; npm run build</code> in
<code>web/ui</code> builds it. The API is there all the same:
<a href="/health/">health</a>, <a href="/openapi.json">OpenAPI</a>.</p></html>
"""


async def front_page(request: web.Request) -> web.Response:
    """Answer with the dashboard, or with how to build it."""
    index = STATIC / "index.html"
    body = index.read_bytes() if index.is_file() else NOT_BUILT.encode()
    return _file(request, "index.html", body, "no-cache")


async def asset(request: web.Request) -> web.Response:
    """Answer with one of the files that the dashboard loads."""
    name = request.match_info["name"]
    try:
        body = _asset(name)
    except FileNotFoundError:
        return refuse(Refusal(404, f"There is no asset {name[:100]!r}."))
    return _file(request, name, body, FOR_EVER if _HASHED.search(name) else "no-cache")


@lru_cache(maxsize=64)
def _asset(name: str) -> bytes:
    # Only names that the directory lists, so no path leads out of it.
    folder = STATIC / "assets"
    if not folder.is_dir() or name not in {path.name for path in folder.iterdir()}:
        raise FileNotFoundError(name)
    return (folder / name).read_bytes()


@lru_cache(maxsize=64)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def _file(request: web.Request, name: str, body: bytes, cache_control: str) -> web.Response:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {**SECURITY_HEADERS, "Cache-Control": cache_control}
    if name.endswith(_TEXTS) and len(body) >= LEAST_COMPRESSED_BYTES:
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = _compressed(body), "gzip"
    charset = "utf-8" if name.endswith(_TEXTS) else None
    return web.Response(body=body, content_type=kind, charset=charset, headers=headers)


def _mount() -> None:
    # Before Faust adds its own index, which the router would find second.
    router = app.web.web_app.router  # type: ignore[attr-defined]
    router.add_get("/", front_page)
    router.add_get("/assets/{name}", asset)


_mount()
