"""Windows depend on their records alone: not on partitions, batches, order, kills or speed."""

import asyncio
import json
import time
from collections import Counter, defaultdict

import pytest
from aiokafka.partitioner import DefaultPartitioner

from cryptoviz.simulator import Faults, Share
from cryptoviz.simulator.message import Message
from tests import oracle
from tests.kafka.market import TABLES, MarketDeployment, messages, tracked_cryptos, values
from tests.waiting import eventually

HOUR_S = 3600


@pytest.fixture
async def deploy(broker, topic_prefix, tmp_path):
    """Return a function that makes deployments on the session's broker."""
    deployments = []

    async def make(**options):
        prefix = f"{topic_prefix}{len(deployments)}-"
        deployments.append(MarketDeployment(broker, prefix, tmp_path, **options))
        await deployments[-1].create_topics()
        return deployments[-1]

    yield make
    for deployment in deployments:
        deployment.stop()


async def test_the_same_input_makes_the_same_bytes(deploy):
    faults = Faults(late=Share(0.01, 480.0), disorder=Share(0.05, 5.0), duplicate=0.01)
    sent = messages(40_000, seed=11, faults=faults)

    replayed = await deploy()
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


async def test_a_record_hours_late_corrects_its_window_once_and_older_ones_are_put_aside(deploy):
    hours = 30.0
    sent = messages(30_000, seed=12, hours=hours, faults=Faults(late=Share(0.01, 20 * HOUR_S)))
    market = await deploy(TABLE_RETENTION=str(24 * HOUR_S))
    worker = await asyncio.to_thread(market.worker().start)
    await market.send(sent)
    await market.drained()
    too_old = [old_trade(sent[-1], number, hours=26.0) for number in range(40)]
    await market.send(too_old)
    await market.drained()
    await asyncio.to_thread(worker.terminate)

    expected = oracle.tables([(message.kind, message.value) for message in sent])["candles"]
    emissions = defaultdict(list)
    for key, row in await market.results("candles"):
        if key.count("|") == 1:
            emissions[key].append(row)
    assert not oracle.differences(expected, {key: rows[-1] for key, rows in emissions.items()})
    for rows in emissions.values():
        seen = Counter((row["revision"], row["final"]) for row in rows)
        assert max(seen.values()) == 1, seen
        assert all(row["reason"] == "late" for row in rows[1:] if row["final"] and rows[0]["final"])
    assert any(rows[-1]["reason"] == "late" for rows in emissions.values())
    late = await market.stored(f"{market.group}-late")
    assert Counter(dict(one.headers)["table"] for one in late)[b"candles"] == len(too_old)
    # By the fields' own names, not by those of the messages.
    names = {frozenset(json.loads(one.value)) for one in late}
    assert names == {frozenset(("pair", "price", "volume", "side", "event_time_s"))}


def old_trade(newest, number, hours):
    time_s = newest.event_time_s - hours * HOUR_S + number
    fields = {"pair": "BTC/USD", "price": 1.0, "volume": 1.0, "timestamp": time_s, "side": "b"}
    value = json.dumps(fields).encode()
    return Message("trade", b"BTC/USD", value, time_s, newest.send_time_s, "BTC/USD")


async def test_articles_drained_at_different_speeds_are_late_only_where_they_are_at_home(deploy):
    sent = articles(300_000, hours=50.0)
    market = await deploy(TABLE_RETENTION=str(24 * HOUR_S))
    await market.send(sent)
    worker = await asyncio.to_thread(market.worker().start)
    await market.drained(timeout_s=240)
    await asyncio.to_thread(worker.terminate)

    expected = oracle.tables(
        [(message.kind, message.value) for message in sent], tracked=tracked_cryptos()
    )["sentiment"]
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


def articles(count, hours):
    """Return articles of four sites, one a partition; those of the last are ten times as long."""
    sites, number = {}, 0
    partitioner = DefaultPartitioner()
    while len(sites) < 4:
        site = f"site{number}.com"
        sites.setdefault(partitioner(site.encode(), [0, 1, 2, 3], [0, 1, 2, 3]), site)
        number += 1
    start_s, made = time.time() - (hours + 1) * HOUR_S, []
    for number in range(count):
        partition, at_s = number % 4, int(start_s + number * hours * HOUR_S / count)
        value = {
            "id": f"a_{at_s}",
            "url": f"https://{sites[partition]}/{number}",
            "website": sites[partition],
            "content": {"summary": "x" * (2_000 if partition == 3 else 100)},
            "cryptocurrencies_mentioned": ["BTC"] if number % 3 else ["ETH", "SOL"],
            "sentiment": {"score": number % 100 / 100, "label": "neutral"},
            "published_at": at_s,
        }
        text = json.dumps(value).encode()
        made.append(Message("article", sites[partition].encode(), text, at_s, at_s, None))
    return made


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
