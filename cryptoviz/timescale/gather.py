"""Asks for many readers at once: those who wait while the database is busy share a statement.

A statement costs the worker and the server as much as a page of a hundred rows does. So who comes
while one is under way is answered by the next one, all in one round trip; but nobody waits long for
the answer of others. A reader who comes alone is asked for alone, at once.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from itertools import count
from typing import Any, TypeAlias

import asyncpg

from cryptoviz.timescale.failures import sentence
from cryptoviz.timescale.fetch import fetch
from cryptoviz.timescale.pool import Connection, Pool, acquire

log = logging.getLogger(__name__)

Row: TypeAlias = "asyncpg.Record"

# How long readers wait for a statement that others asked. Beyond it they get one of their own, of
# the most that are under way at a time.
PATIENCE_S = 0.02
MOST_STATEMENTS = 4
# Readers of one statement: with more of them, the first would wait too long for the last.
MOST_READERS = 16
# Statements on one connection before it is given back if others may wait for one. To take another
# lets the server wait until all readers of the statement before are answered.
STATEMENTS_IN_A_ROW = 8

_PARAMETER = re.compile(r"\$(\d+)")


def gathered(statement: str, types: Sequence[str]) -> str:
    """Return a statement that takes an array for each parameter of *statement*.

    It answers with one row for each element, in their order. *statement* answers with one row;
    *types* are those of its parameters.
    """
    # Only checked-in statements are put together here, never a value.
    names = [f"p{number}" for number in range(1, len(types) + 1)]
    arrays = [f"unnest(${number}::{kind}[])" for number, kind in enumerate(types, 1)]
    asked = f"ROWS FROM ({', '.join(arrays)}) WITH ORDINALITY AS asked ({', '.join(names)}, n)"
    one = _PARAMETER.sub(r"asked.p\1", statement)
    return f"SELECT page.* FROM {asked} CROSS JOIN LATERAL (\n{one}) AS page ORDER BY asked.n"  # noqa: S608


_Reader: TypeAlias = "tuple[tuple[Any, ...], asyncio.Future[Row | None]]"


class _Queue:
    """Who waits for an answer of one pool, and how many statements are under way."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.waiting: list[_Reader] = []
        self.under_way = 0

    def take(self) -> list[_Reader]:
        """Return the readers of the next statement, who wait no more."""
        taken, self.waiting = self.waiting[:MOST_READERS], self.waiting[MOST_READERS:]
        return taken


class Gather:
    """One statement, and who waits for its answers."""

    def __init__(self, statement: str, types: Sequence[str]) -> None:
        """Ask *statement*, whose parameters have the *types*; it answers with one row."""
        self._one, self._many = statement, gathered(statement, types)
        self._queue: _Queue | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, pool: Pool, *parameters: Any) -> Row:
        """Return the row that the statement answers with; raises what the database does."""
        queue = self._queue
        if queue is None or queue.pool is not pool:
            queue = self._queue = _Queue(pool)
        future = asyncio.get_running_loop().create_future()
        queue.waiting.append((parameters, future))
        if not queue.under_way:
            self._begin(queue)
        elif len(queue.waiting) == 1:
            self._bound_the_wait(queue)
        row = await future
        # One reader's fault, or a lost connection, is not the others': each asks for itself.
        return await fetch(pool, self._one, *parameters) if row is None else row

    def _begin(self, queue: _Queue) -> None:
        queue.under_way += 1
        task = asyncio.ensure_future(self._answer(queue))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _bound_the_wait(self, queue: _Queue) -> None:
        """Have another statement begin for who waits the longest, unless it has by then."""
        first = queue.waiting[0]

        def is_over() -> None:
            if queue.waiting and queue.waiting[0] is first and queue.under_way < MOST_STATEMENTS:
                self._begin(queue)

        asyncio.get_running_loop().call_later(PATIENCE_S, is_over)

    async def _answer(self, queue: _Queue) -> None:
        asked: list[_Reader] = []
        try:
            async with acquire(queue.pool) as connection:
                for number in count(1):
                    if not (asked := queue.take()):
                        break
                    if queue.waiting:
                        self._bound_the_wait(queue)
                    _tell(asked, await self._rows(connection, [each for each, _ in asked]))
                    if number >= STATEMENTS_IN_A_ROW and _is_used_up(queue.pool):
                        break
        except Exception as error:
            if not asked:
                # No connection: there would be none for their statements either.
                asked, queue.waiting = queue.waiting, []
            log.warning("%d readers ask one by one: %s", len(asked), sentence(error))
        finally:
            _tell(asked, [None] * len(asked))
            # At once, so that who comes next does not take it for one that would answer.
            queue.under_way -= 1
            if queue.waiting:
                self._begin(queue)

    async def _rows(
        self, connection: Connection, asked: Sequence[tuple[Any, ...]]
    ) -> Sequence[Row]:
        is_one = len(asked) == 1
        arguments = asked[0] if is_one else tuple(zip(*asked, strict=True))
        rows: Sequence[Row] = await connection.fetch(
            self._one if is_one else self._many, *arguments
        )
        return rows


def _tell(asked: Sequence[_Reader], rows: Sequence[Row | None]) -> None:
    """Tell each of *asked* who was not told yet; None has a reader ask for itself."""
    for (_, future), row in zip(asked, rows, strict=True):
        if not future.done():
            future.set_result(row)


def _is_used_up(pool: Pool) -> bool:
    """Return whether somebody may be waiting for a connection."""
    return pool.get_size() == pool.get_max_size() and not pool.get_idle_size()
