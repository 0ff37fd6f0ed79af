"""The rows of the live tables, from whichever worker holds them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from urllib.parse import quote

import msgspec

from cryptoviz.app import app
from cryptoviz.settings import current
from tables import configuration
from tables.sizes import label
from web import registry
from web.answers import Refusal, bad_parameter, unavailable
from web.forward import HERE, rows_elsewhere
from web.queries import crypto_of, pair_of
from web.rows_here import newest_here, rows_here, span_of

# Plain tables by what their keys begin with; a table's name may go on with its size of windows.
_BY_CRYPTO = ("crypto", "moods", "sentiment_skill")
_BY_PAIR = ("alerts", "forecasters", "instruments", "predictions", "score_hours", "scores")
# What people have configured is shown whatever it is about, or nobody could switch it on again.
_CONFIGURED = (configuration.cryptos.rows.name, configuration.visualizations.rows.name)

# Of a window that is asked for of all keys.
MOST_ROWS = 10_000


async def newest(
    table: str, scope: str = "all", window: str | None = None, limit: int = 1
) -> list[bytes]:
    """Return the newest window of each subject, or every row, from all workers.

    With *window* at most *limit* of each subject in it; raises `Refusal` (400) if these are more
    than an answer may have.
    """
    span, query = span_of(table, window), {}
    found = newest_here(table, span, limit)
    rows = list(found if span is None else islice(found, MOST_ROWS + 1))
    if span is not None:
        query = {"window": window or "", "limit": str(limit)}
    if scope != HERE and not _is_everywhere(table):
        rows += await rows_elsewhere(_changelog(table), f"/live/{table}/", query)
        if span is not None and len(rows) > MOST_ROWS:
            detail = f"window must not hold more than {MOST_ROWS} rows of all keys, was {window}"
            raise bad_parameter("window", window or "", detail)
    return rows if table in _CONFIGURED else _active(rows)


async def windows(
    table: str, subject: str, limit: int, window: str | None = None, scope: str = "all"
) -> list[bytes]:
    """Return rows of *subject*, newest first, from whichever worker holds them.

    Only those in *window*; raises `Refusal` (400) for one that the table cannot have.
    """
    span = span_of(table, window)
    if table not in _CONFIGURED and not configuration.is_active(subject.split("/")[0]):
        return []
    values = list(rows_here(table, subject, span, limit))
    if scope == HERE or _is_everywhere(table) or (values and not _is_spread(table)):
        return values
    path = f"/live/{table}/{quote(subject, safe='')}/"
    query = {"limit": str(limit)} | ({"window": window} if window else {})
    values += await rows_elsewhere(_changelog(table), path, query)
    return sorted(values)[:limit] if _is_spread(table) else values


def known(table: str) -> str:
    """Return the name of a table, which *table* may be without the size of its windows.

    Refuses a table that there is not, and any table while the worker recovers.
    """
    names = {*registry.windowed(), *registry.plain()}
    sizes_s = current().price_size, current().sentiment_size
    named = {table, *(f"{table}_{label(size_s)}" for size_s in sizes_s)} & names
    if not named:
        there = ", ".join(sorted(names))
        raise Refusal(
            404,
            f"There is no table {table!r}; there are {there}.",
            parameter="table",
            value=table,
        )
    ready()
    return min(named, key=len)


def ready() -> None:
    """Refuse while the worker's tables recover."""
    if app.rebalancing or not app.tables.actives_ready:
        raise unavailable("The tables recover from their changelogs.")


def subject_of(table: str, text: str) -> str:
    """Return what *table* is keyed by for *text*; raises `Refusal`."""
    windowed = registry.windowed().get(table)
    if (windowed is not None and windowed.subject != "pair") or table.startswith(_BY_CRYPTO):
        return crypto_of(text, "key")
    return pair_of(text) if windowed or table.startswith(_BY_PAIR) else text


def _active(rows: Iterable[bytes]) -> list[bytes]:
    inactive = configuration.inactive_symbols()
    if not inactive:
        return list(rows)
    return [row for row in rows if _base(row) not in inactive]


class _Subject(msgspec.Struct, gc=False):
    pair: str = ""
    crypto_symbol: str = ""


_subject = msgspec.json.Decoder(_Subject).decode


def _base(row: bytes) -> str:
    of = _subject(row)
    return of.crypto_symbol or of.pair.split("/")[0]


def _changelog(table: str) -> str:
    rows = registry.windowed()[table].rows if table in registry.windowed() else None
    name: str = (rows or registry.plain()[table]).table.changelog_topic_name
    return name


def _is_spread(table: str) -> bool:
    """Return whether several workers may hold rows of one subject: those of a crypto's pairs."""
    return table in registry.plain() and table.startswith(_BY_CRYPTO)


def _is_everywhere(table: str) -> bool:
    return table in registry.plain() and bool(registry.plain()[table].table.is_global)
