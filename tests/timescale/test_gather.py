"""Readers who come at one time share a statement, and each gets the answer to its own question."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from cryptoviz.timescale import history
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.sink import TICKERS, write
from tests.timescale.oracle import a_market
from tests.timescale.rows import NOON

DAY = timedelta(days=1)


async def test_many_readers_at_once_get_what_each_would_get_alone(pool: Pool) -> None:
    rows = a_market(NOON - 20 * DAY, NOON, pairs=3, per_hour=2)
    await write(pool, TICKERS, "rawticker", 0, 0, len(rows), rows, range(len(rows)))
    asked = [
        (f"C{number % 4}/USD", NOON - (number % 19 + 1) * DAY, NOON - number % 19 * DAY, number + 1)
        for number in range(40)
    ]
    alone = [await history.tickers(pool, *each) for each in asked]

    together = await asyncio.gather(*(history.tickers(pool, *each) for each in asked))

    assert together == alone
    assert sum(page.next_cursor is not None for page in alone) > 5


async def test_what_the_database_refuses_one_reader_is_not_the_others_fault(pool: Pool) -> None:
    rows = a_market(NOON - DAY, NOON, pairs=1)
    await write(pool, TICKERS, "rawticker", 0, 0, len(rows), rows, range(len(rows)))
    pairs = ["C0/USD", "C0/USD", "no\0pair", "C0/USD"]

    answers = await asyncio.gather(
        *(history.tickers(pool, pair, NOON - DAY, NOON, 5) for pair in pairs),
        return_exceptions=True,
    )

    refused = answers.pop(2)
    assert "0x00" in str(refused)
    assert [answer.rows for answer in answers if isinstance(answer, history.Page)] == [5, 5, 5]
