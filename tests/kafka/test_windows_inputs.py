"""Windows depend on their records alone: not on partitions, batches, order, kills or speed."""

import asyncio
from collections import Counter

from cryptoviz.simulator import Faults, Share
from tests import oracle
from tests.kafka.market import TABLES, expected_of, messages, values
from tests.kafka.news import articles
from tests.waiting import eventually

HOUR_S = 3600


async def test_the_same_input_makes_the_same_bytes(deploy):
    faults = Faults(late=Share(0.01, 480.0), disorder=Share(0.05, 5.0), duplicate=0.01)
    sent = messages(40_000, seed=11, faults=faults)

    replayed = await deploy(partitions=4)
    await replayed.send(sent)
    worker = await asyncio.to_thread(replayed.worker().start)
    await replayed.drained()
    await asyncio.to_thread(worker.terminate)

    live = await deploy(partitions=1, MAX_POLL_RECORDS="700")
    worker = await asyncio.to_thread(live.worker().start)
    await live.send(sent[:20_000], chunk=300, pause_s=0.02)
    await asyncio.to_thread(worker.kill)
    await asyncio.to_thread(worker.start)
    await live.send(sent[20_000:], chunk=1_000, pause_s=0.02)
    await live.drained()
    await asyncio.to_thread(worker.terminate)

    await replayed.assert_equal_to_oracle(sent)
    for table in TABLES:
        expected, found = (
            values(await replayed.changelog(table)),
            values(await live.changelog(table)),
        )
        assert expected.keys() == found.keys()
        assert expected == found


async def test_articles_drained_at_different_speeds_are_late_only_where_they_are_at_home(deploy):
    sent = articles(300_000, hours=50.0)
    market = await deploy(partitions=4, TABLE_RETENTION=str(24 * HOUR_S))
    await market.send(sent)
    worker = await asyncio.to_thread(market.worker().start)
    await market.drained(timeout_s=240)
    await asyncio.to_thread(worker.terminate)

    expected = expected_of(sent)["sentiment"]
    last = {}
    finals = Counter()
    for key, row in await market.results("sentiment"):
        assert row["reason"] is None, (key, row)
        finals[key] += row["final"]
        last[key] = row
    assert not oracle.differences(expected, last)
    assert max(finals.values()) == 1
    assert sum(finals.values()) > 0.9 * len(expected)
    assert await market.stored(f"{market.group}-late") == []


async def test_in_a_quiet_market_windows_become_final_by_wall_time(deploy):
    market = await deploy(
        LATENESS="3", IDLE_TIMEOUT="4", PRICE_SIZE="60", SENTIMENT_SIZE="60", CANDLE_SIZES="60"
    )
    sent = messages(600, seed=13, hours=2 / 60, ago_hours=4 / 60)
    await market.send(sent)
    worker = await asyncio.to_thread(market.worker().start)

    async def all_final():
        rows = [await market.changelog(table) for table in ("candles", "prices_1m", "sentiment_1m")]
        return all(rows) and all(row["final"] for table in rows for row in table.values())

    await eventually(all_final, "all windows final", timeout_s=30)
    assert len(await market.changelog("candles")) >= 20
    worker.stop()
