"""Answers of the HTTP views: bytes with their kind, and problems as RFC 9457 says."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web
from faust.types.web import Request, Response, View
from multidict import CIMultiDict
from xxhash import xxh3_128_hexdigest

JSON = "application/json"
PROBLEM = "application/problem+json"
# Below this a compressed answer costs more than it saves.
LEAST_COMPRESSED_BYTES = 1_024
# Level 1 makes these numbers four times smaller; level 6 costs thrice as much for a tenth more.
COMPRESSION_LEVEL = 1

encode = msgspec.json.Encoder(enc_hook=str).encode


class Problem(msgspec.Struct, kw_only=True):
    """What went wrong (RFC 9457), and which parameter with which value, if one did."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    parameter: str | msgspec.UnsetType = msgspec.UNSET
    value: str | msgspec.UnsetType = msgspec.UNSET


class Refusal(Exception):  # noqa: N818  # a refusal is an outcome of a request, not an error of ours
    """The request cannot be answered as asked; the handler's way to return a problem."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str | None = None,
        parameter: str | None = None,
        value: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.headers = dict(headers or {})
        self.problem = Problem(
            title=title or HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            parameter=msgspec.UNSET if parameter is None else parameter,
            value=msgspec.UNSET if value is None else value,
        )


def bad_parameter(name: str, value: str, detail: str) -> Refusal:
    """Return the refusal of a query or path parameter."""
    return Refusal(400, f"{detail}.", parameter=name, value=value)


def unavailable(detail: str, retry_after_s: int = 5) -> Refusal:
    """Return the refusal of what can be asked again soon."""
    return Refusal(503, detail, headers={"Retry-After": str(retry_after_s)})


@dataclass(slots=True)
class Answer:
    """A whole answer, which may be given to many clients."""

    body: bytes
    content_type: str = JSON
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    _etag: str = ""
    _compressed: bytes = b""
    _all_headers: CIMultiDict[str] | None = None

    @property
    def etag(self) -> str:
        """A weak validator: the same for both spellings of a body, compressed and not."""
        if not self._etag:
            # It tells versions of an answer apart, which nobody forges, so it need not be secure.
            self._etag = f'W/"{xxh3_128_hexdigest(self.body)}"'
        return self._etag

    @property
    def all_headers(self) -> CIMultiDict[str]:
        """The headers of every answer with this body; to be copied, for aiohttp adds to them."""
        if self._all_headers is None:
            headers = CIMultiDict(self.headers)
            headers["Content-Type"] = self.content_type
            if self.status == HTTPStatus.OK:
                headers.setdefault("Cache-Control", "no-cache")
                headers["ETag"] = self.etag
                # A small one is never packed, but rows also come as CSV.
                headers["Vary"] = "Accept, Accept-Encoding"
            self._all_headers = headers
        return self._all_headers

    @property
    def compressed(self) -> bytes:
        """The body in gzip's format, made once."""
        if not self._compressed:
            packer = zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
            self._compressed = packer.compress(self.body) + packer.flush()
        return self._compressed


def json_answer(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return *value* as JSON."""
    return Answer(encode(value), status=status, headers=headers or {})


def respond(request: Request, answer: Answer) -> web.Response:
    """Return *answer* as *request* wants it: not again if unchanged, compressed if it can be."""
    given: Any = request.headers
    headers, body = answer.all_headers.copy(), answer.body
    known = given.get("If-None-Match")
    if known is not None and answer.status == HTTPStatus.OK and _is_among(answer.etag, known):
        return web.Response(status=304, headers=headers)
    if len(body) >= LEAST_COMPRESSED_BYTES and _takes_gzip(given.get("Accept-Encoding", "")):
        body, headers["Content-Encoding"] = answer.compressed, "gzip"
    return web.Response(body=body, status=answer.status, headers=headers)


def _is_among(etag: str, known: str) -> bool:
    """Return whether a client knows *etag*, by the weak comparison of RFC 9110, section 8.8.3.2."""
    if known.strip() == "*":
        return True
    opaque = etag.removeprefix("W/")
    return any(each.strip().removeprefix("W/") == opaque for each in known.split(","))


@lru_cache(maxsize=256)
def _takes_gzip(accepted: str) -> bool:
    """Return whether `Accept-Encoding` names gzip, and not to refuse it."""
    return weights(accepted).get("gzip", 0.0) > 0.0


def weights(accepted: str) -> dict[str, float]:
    """Return what a list such as that of `Accept` names, in lower case, with the weights in it.

    In the order of the list; what cannot be read has the weight 0 (RFC 9110, section 12.4.2).
    """
    found = {}
    for part in accepted.split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        given = [each[2:] for each in parameters if each.startswith("q=")]
        try:
            found[name] = float(given[0]) if given else 1.0
        except ValueError:
            found[name] = 0.0
    return found


def refuse(refusal: Refusal) -> web.Response:
    """Return the problem document of *refusal*."""
    headers = {**refusal.headers, "Content-Type": PROBLEM}
    return web.Response(
        body=encode(refusal.problem), status=refusal.problem.status, headers=headers
    )


def json_value(view: View, value: Any, *, status: int = 200) -> Response:
    """Answer with *value* as JSON, for views that are not declared operations."""
    return view.bytes(encode(value), content_type=JSON, status=status)
