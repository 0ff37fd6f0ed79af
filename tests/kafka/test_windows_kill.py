"""Windows are exact, however often and whenever their worker is killed."""

import asyncio
import json
import random
import shutil
import time
from itertools import islice

import pytest

from cryptoviz.simulator import Faults, Share
from tests import oracle
from tests.kafka.market import SIZES, TABLES, MarketDeployment, messages, value_of

SEED = random.randrange(2**32)
RECORDS = 200_000
KILLS = 10
# Lives that end with the worker's RocksDB directory.
DELETIONS = (3, 7)
HOUR_S, DAY_S = 3600, 86_400
FAULTS = Faults(late=Share(0.01, 480.0), disorder=Share(0.02, 5.0), duplicate=0.001)


@pytest.fixture
async def market(broker, topic_prefix, tmp_path):
    deployment = MarketDeployment(
        broker, topic_prefix, tmp_path, partitions=4, MAX_POLL_RECORDS="1500"
    )
    await deployment.create_topics()
    yield deployment
    deployment.stop()


async def test_every_window_is_right_after_ten_kills_and_two_lost_directories(market):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    sent = messages(RECORDS, seed=SEED % 1000, faults=FAULTS, ago_hours=around_midnight())
    worker = market.worker()
    shares = iter(sent)

    for life in range(KILLS):
        # Records keep coming while the worker lives, so that it dies with work at hand.
        share = list(islice(shares, len(sent) // (KILLS + 1)))
        feeding = asyncio.create_task(market.send(share, chunk=300, pause_s=0.03, key=spread))
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
    await market.send(list(shares), key=spread)
    await asyncio.to_thread(worker.start)
    await market.drained()
    await asyncio.to_thread(worker.terminate)

    expected = await market.assert_equal_to_oracle(sent, worker)
    over_s = max(message.event_time_s for message in sent) - HOUR_S / 2
    emissions = await market.emissions()
    for table in TABLES:
        what_is_over_is_final_and_right(table, expected[table], emissions[table], over_s)


def what_is_over_is_final_and_right(table, expected, emissions, over_s):
    """Assert that windows that end before *over_s* were emitted as final, with one value each."""
    final = only_values_of_final_windows(emissions)
    over = {key for key in expected if start_of(key) + SIZES[table] <= over_s}
    assert over and over <= final.keys(), (table, len(over), len(over - final.keys()))
    found = oracle.differences({key: expected[key] for key in final}, final)
    assert not found, (table, len(found), dict(islice(found.items(), 3)))


def only_values_of_final_windows(emissions):
    """Return {key: values} of the windows that were ever emitted as final, each of one value."""
    final = {}
    for key, rows in emissions.items():
        # Held back by at most 480 s, no record is late.
        assert all(row["reason"] is None for row in rows), (key, rows)
        told = {(row["revision"], value_of(row)) for row in rows if row["final"]}
        assert len(told) <= 1, (key, told)
        if told:
            final[key] = json.loads(told.pop()[1])
    return final


def start_of(key):
    return int(key.split("|")[1])


def around_midnight():
    """Return how many hours ago six hours began in whose midst a day ended, the last such."""
    now_s = time.time()
    midnight_s = (now_s - 4 * HOUR_S) // DAY_S * DAY_S
    return (now_s - midnight_s) / HOUR_S + 3


def spread(message):
    """Return a key that takes articles to all partitions; the sites of the market fill but two.

    A partition without any article would hold sentiment back for a minute, and no life is as long.
    """
    return json.loads(message.value)["url"].encode() if message.kind == "article" else message.key
