"""Whether the database answers is asked once for all who want to know."""

import asyncio

from cryptoviz.settings import load
from cryptoviz.timescale.database import Database


async def test_readers_that_come_together_share_one_probe(monkeypatch):
    database, probes = Database(load({})), 0

    async def probe():
        nonlocal probes
        probes += 1
        await asyncio.sleep(0.01)
        return "it is away"

    monkeypatch.setattr(database, "_probe", probe)

    told = await asyncio.gather(*[database.trouble() for _ in range(20)])

    assert told == ["it is away"] * 20
    assert probes == 1


async def test_a_reader_that_goes_away_leaves_the_probe_to_the_next(monkeypatch):
    database = Database(load({}))

    async def hangs():
        await asyncio.Event().wait()

    async def answers():
        return None

    monkeypatch.setattr(database, "_probe", hangs)
    first = asyncio.create_task(database.trouble())
    await asyncio.sleep(0)
    monkeypatch.setattr(database, "_probe", answers)
    second = asyncio.create_task(database.trouble())
    first.cancel()

    assert await second is None
