"""The three places that tables are read from, as `cryptoviz inspect` sees any of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from cryptoviz.inspection.outcome import No
from cryptoviz.inspection.selection import Selection
from cryptoviz.inspection.view import TableRow, TableState

# Changed rows by key; None where a row was deleted.
Changes = Mapping[str, TableRow | None]


class Place(Protocol):
    """Where tables are: a running worker, RocksDB files, or changelog topics."""

    @property
    def sentence(self) -> str:
        """Says which place this is."""

    async def tables(self) -> list[TableState]:
        """Return all tables."""

    async def rows(self, table: str, selection: Selection) -> list[TableRow]:
        """Return all rows of *table*; raises `No` if there is no such table.

        Rows that *selection* does not want by their keys may be left out, and need not be.
        """

    def changes(self, table: str, selection: Selection) -> AsyncIterator[Changes]:
        """Yield all rows of *table*, then what changes, without an end; as `rows` does."""


def no_table(table: str, names: Sequence[str], where: str) -> No:
    """Return what to raise for a table that there is not."""
    there = f"there are {', '.join(sorted(names))}" if names else "there are none"
    return No(f"There is no table {table!r} {where}; {there}.")
