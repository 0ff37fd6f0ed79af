"""Predictions never change, and scores count each outcome once, whatever happens to the worker."""

import asyncio
import math
import random
import shutil
import urllib.error
from collections import defaultdict
from itertools import islice

from cryptoviz.local.drained import wait_until_drained
from cryptoviz.simulator import Faults, Share
from tests import forecast_oracle
from tests.kafka.market import messages
from tests.waiting import eventually

SEED = random.randrange(2**32)
KILLS = 10
# Lives that end with the worker's RocksDB directory.
DELETIONS = (3, 7)
HORIZONS = (300, 900, 3600)
MODELS = ("last_price", "moving_average", "ewma_drift", "holt", "sentiment")
# In three partitions of four, so never on one of two workers alone.
SPREAD = ("BTC/USD", "BTC/EUR", "BTC/USDT")
PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD", "XRP/USD", "ADA/USD")
FAULTS = Faults(late=Share(0.01, 480.0), disorder=Share(0.02, 5.0), duplicate=0.001)


async def settled(market):
    """Wait until all that is read has been folded, predicted from and scored."""
    await market.drained(timeout_s=120)
    own = [f"{market.group}-prices", f"{market.group}-sentiment"]
    await wait_until_drained(market.broker.bootstrap_servers, market.group, own, timeout_s=120)


async def published(market):
    """Return the forecasts of the results topic by key; each must have stayed what it was."""
    forecasts = {}
    for key, row in await market.results("predictions"):
        known = forecasts.get(key)
        if known is not None:
            assert what_was_believed(row) == what_was_believed(known), key
            assert None in (known["actual"], row["actual"]) or known["actual"] == row["actual"]
        if known is None or row["revision"] >= known["revision"]:
            forecasts[key] = row
    return forecasts


def what_was_believed(row):
    return {name: value for name, value in row.items() if name not in ("actual", "revision")}


async def assert_scores_are_right(market, sent):
    prices = forecast_oracle.last_prices([(one.kind, one.value) for one in sent])
    forecasts = await published(market)
    assert forecasts == await market.changelog("predictions")
    known = [row for row in forecasts.values() if row["actual"] is not None]
    for row in known:
        expected = forecast_oracle.actual_price(prices[row["pair"]], row["target_time"])
        assert row["actual"] == expected, row
    await assert_all_that_is_due_is_known(market, forecasts, prices)
    expected = forecast_oracle.scores(known, prices)
    found = {
        (pair, one["model"], one["horizon"], one["period"]): one
        for pair, row in (await market.changelog("scores")).items()
        for one in row["scores"]
    }
    assert found.keys() == expected.keys()
    for place, values in expected.items():
        for name, value in values.items():
            assert same(found[place][name], value), (place, name, found[place][name], value)


async def assert_all_that_is_due_is_known(market, forecasts, prices):
    finals = [row for row in (await market.changelog("prices")).values() if row["final"]]
    assert finals
    for window in finals:
        pair, end = window["pair"], window["window_end"]
        for horizon in HORIZONS:
            made = forecasts[f"{pair}|{end + horizon}|{horizon}"]
            assert [one["model"] for one in made["predictions"]] == list(MODELS)
            due = forecasts.get(f"{pair}|{end}|{horizon}")
            assert due is None or due["actual"] is not None, due


def same(found, expected):
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)


async def test_ten_kills_and_two_lost_directories_change_no_prediction_and_no_score(deploy):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    market = await deploy(MAX_POLL_RECORDS="300")
    sent = messages(60_000, seed=SEED % 1000, faults=FAULTS, pairs=PAIRS)
    worker, shares = market.worker(), iter(sent)

    for life in range(KILLS):
        # Records keep coming while the worker lives, so that it dies with work at hand.
        share = list(islice(shares, len(sent) // (KILLS + 1)))
        feeding = asyncio.create_task(market.send(share, chunk=200, pause_s=0.03))
        await asyncio.to_thread(worker.launch)
        if chance.random() < 0.7:
            await asyncio.to_thread(worker.wait_until_ready)
            # The moment of the kill, not a wait for something to happen.
            await asyncio.sleep(chance.uniform(0.0, 2.5))
        else:
            await asyncio.sleep(chance.uniform(0.5, 5.0))
        await asyncio.to_thread(worker.kill)
        await feeding
        if life in DELETIONS:
            shutil.rmtree(worker.directory / "data")
    await market.send(list(shares))
    await asyncio.to_thread(worker.start)
    await settled(market)
    await asyncio.to_thread(worker.terminate)

    await assert_scores_are_right(market, sent)


async def test_predictions_depend_on_the_prices_alone(deploy):
    sent = messages(24_000, seed=21, hours=4.0, pairs=PAIRS)
    by_batches, beliefs = ({"partitions": 4}, {"partitions": 1, "MAX_POLL_RECORDS": "70"}), []

    for options in by_batches:
        market = await deploy(**options)
        await market.send(sent)
        worker = await asyncio.to_thread(market.worker().start)
        await settled(market)
        await asyncio.to_thread(worker.terminate)
        await assert_scores_are_right(market, sent)
        beliefs.append(without_news(await published(market)))

    # The last window of a pair is only predicted from when it is over.
    common = beliefs[0].keys() & beliefs[1].keys()
    assert len(common) > 0.95 * max(map(len, beliefs))
    assert {key: beliefs[0][key] for key in common} == {key: beliefs[1][key] for key in common}


def without_news(forecasts):
    return {
        key: [row["price"], *(one for one in row["predictions"] if one["model"] != "sentiment")]
        for key, row in forecasts.items()
    }


async def test_two_workers_and_a_rebalance_change_no_prediction_and_no_score(deploy):
    market = await deploy(SESSION_TIMEOUT="20", MAX_POLL_RECORDS="300")
    sent = messages(40_000, seed=22, faults=FAULTS, pairs=PAIRS)
    one, other = market.worker("one"), market.worker("two")
    await asyncio.to_thread(one.start)
    feeding = asyncio.create_task(market.send(sent, chunk=200, pause_s=0.05))

    await asyncio.to_thread(other.start, 120)
    await eventually(lambda: forecast_count(other) > 0, "predictions of the second worker", 120)
    await asyncio.to_thread(other.kill)
    await feeding
    await settled(market)
    await asyncio.to_thread(one.terminate)

    await assert_scores_are_right(market, sent)


def forecast_count(worker):
    try:
        return len(worker.get("/live/predictions/?scope=here")["rows"])
    except urllib.error.HTTPError as error:
        # While its tables move.
        assert error.code == 503
        return 0


async def test_the_skill_of_sentiment_is_published_whatever_it_is_and_told_by_any_worker(deploy):
    market = await deploy()
    pairs = sorted({*PAIRS, *SPREAD})
    sent = messages(24_000, seed=23, hours=5.0, pairs=pairs)
    workers = [market.worker("one").launch(), market.worker("two").launch()]
    for worker in workers:
        await asyncio.to_thread(worker.wait_until_ready)
    await market.send(sent)
    await settled(market)
    for worker in workers:
        await eventually(worker.is_ready, "the end of the rebalance")
    held = [forecast_count(worker) for worker in workers]
    told = [skills_of_bitcoin(worker) for worker in workers]
    for worker in workers:
        await asyncio.to_thread(worker.terminate)

    assert all(held), held
    assert told[0] == told[1]
    assert {row["pair"] for row in told[0]} == set(SPREAD)

    rows = await market.changelog("sentiment_skill")
    forecasts = (await published(market)).values()
    moods = defaultdict(int)
    for row in forecasts:
        moods[row["mood"] is not None] += 1
        assert row["mood_time"] is None or row["mood_time"] <= row["made_at"]
    assert moods[True]
    assert set(rows) == {f"{pair.partition('/')[0]}|{pair}" for pair in pairs}
    assert [rows[f"BTC|{row['pair']}"] for row in told[0]] == told[0]
    for row in rows.values():
        assert [one["horizon"] for one in row["horizons"]] == list(HORIZONS)
        assert all(one["standard_error"] is not None for one in row["horizons"])


def skills_of_bitcoin(worker):
    rows = worker.get("/live/sentiment_skill/BTC/")["rows"]
    everything = worker.get("/live/sentiment_skill/")["rows"]
    assert [row for row in everything if row["crypto_symbol"] == "BTC"] != []
    assert sorted(rows, key=str) == sorted(
        (row for row in everything if row["crypto_symbol"] == "BTC"), key=str
    )
    return rows
