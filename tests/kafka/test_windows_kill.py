"""Windows are exact, however often and whenever their worker is killed."""

import asyncio
import random
import shutil
from collections import defaultdict
from itertools import islice

import pytest

from cryptoviz.simulator import Faults, Share
from tests.kafka.market import TABLES, MarketDeployment, messages

SEED = random.randrange(2**32)
RECORDS = 200_000
KILLS = 10
# Lives that end with the worker's RocksDB directory.
DELETIONS = (3, 7)
FAULTS = Faults(late=Share(0.01, 480.0), disorder=Share(0.02, 5.0), duplicate=0.001)


@pytest.fixture
async def market(broker, topic_prefix, tmp_path):
    deployment = MarketDeployment(broker, topic_prefix, tmp_path, MAX_POLL_RECORDS="1500")
    await deployment.create_topics()
    yield deployment
    deployment.stop()


async def test_every_window_is_right_after_ten_kills_and_two_lost_directories(market):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    sent = messages(RECORDS, seed=SEED % 1000, faults=FAULTS)
    worker = market.worker()
    shares = iter(sent)

    for life in range(KILLS):
        # Records keep coming while the worker lives, so that it dies with work at hand.
        share = list(islice(shares, len(sent) // (KILLS + 1)))
        feeding = asyncio.create_task(market.send(share, chunk=300, pause_s=0.03))
        await asyncio.to_thread(worker.launch)
        if chance.random() < 0.7:
            await asyncio.to_thread(worker.wait_until_ready)
            await asyncio.sleep(chance.uniform(0.0, 2.5))
        else:
            await asyncio.sleep(chance.uniform(0.5, 4.5))
        await asyncio.to_thread(worker.kill)
        await feeding
        if life in DELETIONS:
            shutil.rmtree(worker.directory / "data")
    await market.send(list(shares))
    await asyncio.to_thread(worker.start)
    await market.drained()
    await asyncio.to_thread(worker.terminate)

    await market.assert_equal_to_oracle(sent, worker)
    for table in TABLES:
        await no_window_is_final_with_two_values(market, table)


async def no_window_is_final_with_two_values(market, table):
    finals = defaultdict(set)
    for key, row in await market.results(table):
        # Held back by at most 480 s, no record is late.
        assert row["reason"] is None, (key, row)
        if row["final"]:
            finals[key].add(row["revision"])
    # Sentiment waits for silent article partitions longer than this test takes.
    assert finals or table == "sentiment"
    assert all(len(revisions) == 1 for revisions in finals.values())
