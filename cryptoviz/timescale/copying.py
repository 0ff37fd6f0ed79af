"""Copy rows into a table, and find those that the database refuses, by halving the batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cryptoviz.timescale.failures import fault_of_a_row, sentence
from cryptoviz.timescale.pool import Connection
from cryptoviz.timescale.raw_table import RawTable, Row


class Refused(NamedTuple):
    """A row that the database does not take: its Kafka offset, and the database's sentence."""

    offset: int
    error: str


async def copy(
    connection: Connection, table: RawTable[Any], rows: Sequence[Row], offsets: Sequence[int]
) -> tuple[Refused, ...]:
    """Copy *rows* inside the caller's transaction; return those refused, all others landed.

    *offsets* are the rows', in their order. One refused row among n costs about 2 log2(n) more
    copies. Errors that are no row's fault are raised.
    """
    try:
        # A savepoint: a refused row must not undo the move of the offset.
        async with connection.transaction():
            await connection.copy_records_to_table(table.name, records=rows, columns=table.columns)
    except Exception as error:
        timeless = not all(isinstance(row[0], datetime) for row in rows)
        if not (timeless or fault_of_a_row(error)):
            raise
        if len(rows) == 1:
            reason = _no_time(rows[0]) if timeless else sentence(error)
            return (Refused(offsets[0], reason),)
    else:
        return ()
    middle = len(rows) // 2
    return (
        *await copy(connection, table, rows[:middle], offsets[:middle]),
        *await copy(connection, table, rows[middle:], offsets[middle:]),
    )


def _no_time(row: Row) -> str:
    return f"timestamp must lie before the year 10000, was {row[0]} s"
