"""Which rows of a table are wanted: by key, window and what their values say."""

from __future__ import annotations

import contextlib
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from cryptoviz import pair
from cryptoviz.inspection.view import TableRow, order

_CONDITION = re.compile(r"^\s*([\w.]+)\s*(<=|>=|!=|=|<|>)\s*(.*?)\s*$", re.DOTALL)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MISSING = object()
LATEST = "latest"


class Span(NamedTuple):
    """Window starts in [low, high), Unix seconds; *latest* is the newest window of each subject."""

    low: int = 0
    high: int = 2**62
    latest: bool = False


class Condition(NamedTuple):
    """A comparison of a field, dots leading into objects, with a JSON value or plain text."""

    field: str
    sign: str
    value: Any

    def holds(self, row: dict[str, Any]) -> bool:
        """Return whether *row* meets the condition; what cannot be compared does not."""
        found = field_of(row, self.field)
        if found is _MISSING:
            return False
        try:
            return _COMPARE[self.sign](found, self.value)
        except TypeError:
            return False


class Selection(NamedTuple):
    """What was asked for. *subjects* are spellings of one key; none means all."""

    subjects: tuple[str, ...] = ()
    span: Span = Span()
    final: bool = False
    conditions: tuple[Condition, ...] = ()
    limit: int | None = None

    def of(self, rows: Iterable[TableRow]) -> list[TableRow]:
        """Return the wanted ones of *rows*, by subject, the newest window of each first."""
        found = [row for row in rows if self._has_key(row.key)]
        found.sort(key=_newest_first)
        if self.span.latest:
            found = _newest_of_each(found)
        kept = [row for row in found if self._has_value(row)]
        return kept if self.limit is None else kept[: self.limit]

    def asked(self) -> tuple[Condition, ...]:
        """Return all that is asked of values, that they are final among it."""
        return self.conditions + (Condition("final", "=", True),) * self.final

    def first_parts(self) -> list[str]:
        """Return what keys of the subjects begin with, each once."""
        return list(dict.fromkeys(subject.partition("|")[0] for subject in self.subjects))

    def _has_key(self, key: str) -> bool:
        subject, start, _ = order(key)
        # A plain row may have more behind its pair or crypto than the time that windows have.
        first = key.partition("|")[0]
        if self.subjects and key not in self.subjects and first not in self.subjects:
            return False
        return subject == key or self.span.low <= start < self.span.high

    def _has_value(self, row: TableRow) -> bool:
        asked = self.asked()
        if not asked:
            return True
        value = msgspec.json.decode(row.value)
        return all(condition.holds(value) for condition in asked)


def field_of(row: dict[str, Any], name: str) -> Any:
    """Return the field *name* of *row*, dots leading into objects; a marker if it is missing."""
    found: Any = row
    for part in name.split("."):
        if not isinstance(found, dict) or part not in found:
            return _MISSING
        found = found[part]
    return found


def unknown_field(conditions: Sequence[Condition], rows: Iterable[TableRow]) -> str | None:
    """Return the first field of *conditions* that none of *rows* has; None if there are no rows.

    Rows of a table are not all alike: one that was deleted says that alone.
    """
    names = [condition.field.partition(".")[0] for condition in conditions]
    unseen = set(names)
    any_row = False
    for row in rows:
        any_row = True
        unseen -= msgspec.json.decode(row.value).keys()
        if not unseen:
            return None
    return next(name for name in names if name in unseen) if any_row else None


def span(text: str) -> Span:
    """Return the windows that `latest`, a start or `FROM..TO` names; raises `ValueError`."""
    if text == LATEST:
        return Span(latest=True)
    first, dots, last = text.partition("..")
    if not dots:
        start = _time_s(first, text)
        return Span(start, start + 1)
    found = Span(_time_s(first, text) if first else 0, _time_s(last, text) if last else Span().high)
    if found.low >= found.high:
        raise ValueError(f"window must begin before it ends, was {text!r}")
    return found


def one_window(text: str) -> Span:
    """Return the window that `latest` or a start names; raises `ValueError`."""
    if ".." in text:
        raise ValueError(f"window must be latest or one start, was {text!r}")
    return span(text)


def condition(text: str) -> Condition:
    """Return the condition that *text* is, such as ``trades>=10``; raises `ValueError`."""
    parts = _CONDITION.match(text)
    if parts is None:
        raise ValueError(f"where must be FIELD, one of = != < <= > >=, and a value, was {text!r}")
    field, sign, value = parts.groups()
    try:
        return Condition(field, sign, msgspec.json.decode(value))
    except (msgspec.DecodeError, RecursionError):
        return Condition(field, sign, value)


def spellings(key: str, quotes: tuple[str, ...]) -> tuple[str, ...]:
    """Return what rows of *key* may be keyed by: itself, its usual spelling as pair or crypto."""
    found = [key]
    with contextlib.suppress(pair.PairError):
        found.append(pair.normalise(key, quotes))
    with contextlib.suppress(pair.PairError):
        found.append(pair.crypto(key))
    return tuple(dict.fromkeys(found))


def _newest_first(row: TableRow) -> tuple[str, int, str]:
    subject, start, rest = order(row.key)
    return subject, -start, rest


def _newest_of_each(rows: list[TableRow]) -> list[TableRow]:
    newest: dict[str, int] = {}
    for row in rows:
        subject, start, _ = order(row.key)
        newest[subject] = max(start, newest.get(subject, start))
    return [row for row in rows if newest[order(row.key)[0]] == order(row.key)[1]]


def _time_s(word: str, text: str) -> int:
    if re.fullmatch(r"[0-9]{1,12}", word):
        return int(word)
    try:
        time = datetime.fromisoformat(word)
    except ValueError:
        raise ValueError(
            f"window must be latest, a start or FROM..TO, in Unix seconds or ISO 8601, was {text!r}"
        ) from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
