"""The rows of the live tables, from whichever worker holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from cryptoviz.app import app
from cryptoviz.settings import current
from tables import configuration, predictions
from tables.sizes import label
from tables.windowed import WindowedTable
from web import registry
from web.answers import Refusal, bad_parameter, unavailable
from web.forward import HERE, rows_elsewhere
from web.queries import crypto_of, pair_of

# Plain tables by what their keys begin with; a table's name may go on with its size of windows.
_BY_CRYPTO = ("crypto", "moods", "sentiment_skill")
_BY_PAIR = ("alerts", "forecasters", "instruments", "predictions", "score_hours", "scores")
# What people have configured is shown whatever it is about, or nobody could switch it on again.
_CONFIGURED = (configuration.cryptos.rows.name, configuration.visualizations.rows.name)


async def newest(table: str, scope: str = "all") -> list[bytes]:
    """Return the newest window of each subject, or every row, from all workers."""
    rows = list(_all_here(table))
    if scope != HERE and not _is_everywhere(table):
        rows += await rows_elsewhere(_changelog(table), f"/live/{table}/", {})
    return rows if table in _CONFIGURED else _active(rows)


async def windows(
    table: str, subject: str, limit: int, window: str | None = None, scope: str = "all"
) -> list[bytes]:
    """Return rows of *subject*, newest first, from whichever worker holds them."""
    if table not in _CONFIGURED and not configuration.is_active(subject.split("/")[0]):
        return []
    values = list(_here(table, subject, limit, window))
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


def _all_here(table: str) -> Iterator[bytes]:
    if table in registry.windowed():
        yield from registry.windowed()[table].newest()
        return
    if table == predictions.rows.name:
        yield from predictions.newest()
        return
    rows = registry.plain()[table]
    for partition in rows.held_partitions():
        for _, value in rows.scan(partition):
            yield value


def _here(table: str, subject: str, limit: int, window: str | None) -> Iterable[bytes]:
    if table == predictions.rows.name:
        return predictions.history(subject, limit)
    if table not in registry.windowed():
        return registry.plain()[table].find(subject.encode())[:limit]
    windowed = registry.windowed()[table]
    if window is None:
        return windowed.history(subject, limit)
    if window == "latest":
        return windowed.history(subject, 1)
    return _between(windowed, subject, limit, window)


class _Start(msgspec.Struct, gc=False):
    window_start: int


_start = msgspec.json.Decoder(_Start).decode
_MOST_WINDOWS = 100_000


def _between(
    windowed: WindowedTable[Any], subject: str, limit: int, window: str
) -> Iterator[bytes]:
    first, dots, end = window.partition("..")
    low, high = int(first), int(end) if dots else int(first) + 1
    if low > high:
        raise bad_parameter("window", window, f"window must not end before it begins, was {window}")
    for value in windowed.history(subject, _MOST_WINDOWS):
        start = _start(value).window_start
        if start < low or not limit:
            return
        if start < high:
            limit -= 1
            yield value


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
