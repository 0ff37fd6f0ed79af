"""The rows of this worker's tables: all newest ones, or those of a subject, in a span of time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from tables import predictions
from tables.windowed import WindowedTable
from web import registry
from web.answers import bad_parameter

ENDLESS = 2**62


class Span(NamedTuple):
    """Windows that start in [low, high), or predictions for such times; of *latest*, the newest."""

    low: int = 0
    high: int = ENDLESS
    latest: bool = False


def span_of(table: str, window: str | None) -> Span | None:
    """Return what *window* means for *table*: `latest`, a start in Unix seconds, or `from..to`.

    None if it is None; raises `Refusal` for a range that ends before it begins, and for tables
    whose rows are of no time.
    """
    if window is None:
        return None
    if table not in registry.windowed() and table != predictions.rows.name:
        detail = f"window must be left out for table {table}, whose rows are no windows"
        raise bad_parameter("window", window, f"{detail}, was {window}")
    if window == "latest":
        return Span(latest=True)
    first, dots, end = window.partition("..")
    span = Span(int(first), int(end) if dots else int(first) + 1)
    if span.low > span.high:
        raise bad_parameter("window", window, f"window must not end before it begins, was {window}")
    return span


def newest_here(table: str, span: Span | None = None, limit: int = 1) -> Iterator[bytes]:
    """Yield the newest window of each subject, or every row of a table of none.

    With *span* those in it, at most *limit* of each subject.
    """
    if table in registry.windowed():
        yield from _newest_windows(registry.windowed()[table], span, limit)
    elif table != predictions.rows.name:
        rows = registry.plain()[table]
        for partition in rows.held_partitions():
            for _, value in rows.scan(partition):
                yield value
    elif span is None:
        yield from predictions.newest()
    else:
        for pair in predictions.pairs():
            yield from _predictions(pair, span, limit)


def rows_here(table: str, subject: str, span: Span | None, limit: int) -> Iterator[bytes]:
    """Return at most *limit* rows of *subject*, newest first; with *span* those in it."""
    if table in registry.windowed():
        windowed = registry.windowed()[table]
        if span is None:
            return windowed.history(subject, limit)
        return _windows(windowed, subject, span, limit)
    if table == predictions.rows.name:
        return _predictions(subject, span or Span(), limit)
    return islice(registry.plain()[table].find(subject.encode()), limit)


def _newest_windows(windowed: WindowedTable[Any], span: Span | None, limit: int) -> Iterator[bytes]:
    if span is None:
        yield from windowed.newest()
        return
    subjects = {each for _, memory in windowed.held() for each in memory.subjects()}
    for subject in sorted(subjects):
        yield from _windows(windowed, subject, span, limit)


def _windows(windowed: WindowedTable[Any], subject: str, span: Span, limit: int) -> Iterator[bytes]:
    for partition, memory in windowed.held():
        starts = memory.starts(subject)
        # Chosen without a look at the rows, of which there are many more than are wanted.
        wanted = starts[bisect_left(starts, span.low) : bisect_left(starts, span.high)]
        for start in reversed(wanted[-1 if span.latest else -limit :]):
            value = windowed.rows.read(partition, windowed.key(subject, start))
            if value is not None:
                yield value


def _predictions(pair: str, span: Span, limit: int) -> Iterator[bytes]:
    return predictions.history(pair, 1 if span.latest else limit, span.low, span.high)
