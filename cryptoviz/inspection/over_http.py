"""Tables of the running workers, asked of one of them over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import click
import msgspec

from cryptoviz.inspection.outcome import No
from cryptoviz.inspection.place import Changes
from cryptoviz.inspection.selection import LATEST, Selection, Span
from cryptoviz.inspection.view import TableRow, TableState
from cryptoviz.settings import Settings

TIMEOUT_S = 30.0
WATCH_INTERVAL_S = 1.0
# The longest number that a worker takes for a time.
MOST_TIME_S = 10**12 - 1

T = TypeVar("T")


class _States(msgspec.Struct):
    rows: list[TableState]


class _Page(msgspec.Struct):
    rows: list[TableRow]
    next: str | None = None


class _Problem(msgspec.Struct):
    detail: str = ""


def url_of(settings: Settings) -> str:
    """Return where the worker of these settings listens, as seen from its machine."""
    host = "127.0.0.1" if settings.web_host in ("0.0.0.0", "::") else settings.web_host  # noqa: S104  # compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.web_port}"


def _decoded(body: bytes, kind: type[T]) -> T:
    """Return what *body* says; raises `MsgspecError`, `ValueError` or `RecursionError`."""
    # What is kept as raw JSON is not looked into.
    found = msgspec.json.decode(body.decode(), type=kind)
    if isinstance(found, _Page) and any(bytes(row.value)[:1] != b"{" for row in found.rows):
        raise ValueError("a row's value is an object")
    return found


def _queries(selection: Selection) -> list[dict[str, str]]:
    """Return what to ask for: each subject that *selection* may mean, and its windows."""
    window, subjects = {}, selection.first_parts()
    span = selection.span
    if span.latest:
        # Of a whole key that row counts, be it the newest or not.
        window = {} if set(selection.subjects) - set(subjects) else {"window": LATEST}
    elif span != Span():
        low, high = (min(max(0, time_s), MOST_TIME_S) for time_s in (span.low, span.high))
        window = {"window": f"{low}..{high}"}
    return [{"subject": subject} | window for subject in subjects] or [window]


class Worker:
    """A worker; it also answers for the others of its group."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    @property
    def sentence(self) -> str:
        """Says which worker."""
        return f"From the worker at {self._url}."

    async def ask(self, path: str, kind: type[T]) -> T:
        """Return the answer of *path*; raises `No` for 404 and `click.ClickException`."""
        async with aiohttp.ClientSession() as session:
            return await self._get(session, path, {}, kind)

    async def tables(self) -> list[TableState]:
        """Return all tables."""
        return (await self.ask("/inspect/tables/", _States)).rows

    async def rows(self, table: str, selection: Selection) -> list[TableRow]:
        """Return the rows of *table* that *selection* may want by their keys."""
        async with aiohttp.ClientSession() as session:
            return await self._rows(session, table, selection)

    async def changes(self, table: str, selection: Selection) -> AsyncIterator[Changes]:
        """Yield such rows of *table*, then each second those that are other ones."""
        known: dict[str, TableRow] = {}
        async with aiohttp.ClientSession() as session:
            while True:
                now = {row.key: row for row in await self._rows(session, table, selection)}
                changed: dict[str, TableRow | None] = dict.fromkeys(known.keys() - now.keys())
                changed |= {key: row for key, row in now.items() if known.get(key) != row}
                yield changed
                known = now
                await asyncio.sleep(WATCH_INTERVAL_S)

    async def _rows(
        self, session: aiohttp.ClientSession, table: str, selection: Selection
    ) -> list[TableRow]:
        rows: list[TableRow] = []
        path = f"/inspect/tables/{quote(table, safe='')}/"
        for query in _queries(selection):
            after: str | None = None
            while True:
                given = query if after is None else {**query, "after": after}
                page = await self._get(session, path, given, _Page)
                rows += page.rows
                after = page.next
                if after is None:
                    break
        return rows

    async def _get(
        self, session: aiohttp.ClientSession, path: str, query: dict[str, str], kind: type[T]
    ) -> T:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with session.get(self._url + path, params=query, timeout=timeout) as answer:
                body = await answer.read()
        except (ValueError, aiohttp.NonHttpUrlClientError):
            # A host that cannot be one is a ValueError too, of IDNA.
            raise click.UsageError(f"url must be http://HOST:PORT, was {self._url!r}.") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise click.ClickException(self._unreachable(error)) from None
        if answer.status >= 400:
            raise self._refused(answer.status, body)
        try:
            return _decoded(body, kind)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise click.ClickException(
                f"What answers at {self._url} is no worker of this version."
            ) from None

    def _refused(self, status: int, body: bytes) -> click.ClickException:
        try:
            detail = _decoded(body, _Problem).detail
        except (msgspec.MsgspecError, ValueError, RecursionError):
            detail = ""
        sentence = detail or f"The worker at {self._url} answered {status}."
        return No(sentence) if status == 404 else click.ClickException(sentence)

    def _unreachable(self, error: Any) -> str:
        reason = str(error).rstrip(".") or "it took too long"
        return (
            f"The worker at {self._url} does not answer: {reason}. Is it running, and are WEB_HOST "
            "and WEB_PORT (or --url) its own? --offline and --changelog do without it."
        )
