"""Windows with several workers, and after long recoveries."""

import asyncio
import itertools
import json
import re
import shutil
import time
import urllib.error
from datetime import datetime

import pytest

from cryptoviz.simulator.message import Message
from tests.kafka.market import messages
from tests.kafka.measured import health, measured
from tests.waiting import eventually

RECOVERED_WINDOWS = 100_000
HOUR_S = 3600
# Where a recovery begins, how many rows are left to fetch, windows found so far, and all of them.
PROGRESS = re.compile(
    "Restoring state|total remaining=|Table candles (has found|holds) [0-9]+ windows"
)
# Of a busy machine: Faust counts every five seconds, and begins after ten.
SILENCE_S = 20.0


async def test_a_second_worker_joins_and_leaves_under_load(deploy):
    # Kafka gives the partitions of a worker that has gone to others after this time.
    market = await deploy(partitions=4, MAX_POLL_RECORDS="1500", SESSION_TIMEOUT="10")
    sent = messages(60_000, seed=21)
    first = await asyncio.to_thread(market.worker("first").start)
    second = market.worker("second")

    # Slowly as long as there are two workers, so that both come and go under load.
    hurry = asyncio.Event()
    feeding = asyncio.create_task(market.send(sent, chunk=75, pause_s=0.05, hurry=hurry))
    await asyncio.to_thread(second.start)
    await eventually(lambda: pairs_held(first) and pairs_held(second), "both hold pairs")
    assert not pairs_held(first) & pairs_held(second)
    # Rows may have come by the changelog; only who folds trades has done some.
    before = trades_done(market, first), trades_done(market, second)
    await eventually(lambda: trades_done(market, first) > before[0], "the first folds trades")
    await eventually(lambda: trades_done(market, second) > before[1], "the second folds trades")
    # Every worker knows every pair's place, whoever wrote it.
    for worker in (first, second):
        await eventually(
            lambda worker=worker: (
                places(worker) >= {f"{market.topics['trade']}/{p}" for p in range(4)}
            ),
            "all places known",
        )
    await asyncio.to_thread(second.terminate)
    assert not feeding.done(), "there was no load any more when the second worker left"
    hurry.set()
    await feeding
    await market.drained()
    await asyncio.to_thread(first.terminate)

    await market.assert_equal_to_oracle(sent, first)


def pairs_held(worker):
    """Return the pairs whose candles *worker* holds; none while partitions move."""
    try:
        return {row["pair"] for row in worker.get("/live/candles/?scope=here")["rows"]}
    except urllib.error.HTTPError:
        return set()


def trades_done(market, worker):
    """Return how many trades *worker* has folded since its start."""
    labels = {"app": "stream", "topic": market.topics["trade"]}
    return measured(worker, "cryptoviz_records_total", **labels) or 0


def places(worker):
    rows = worker.get("/live/instruments/?scope=here")["rows"]
    return {f"{row['topic']}/{row['partition']}" for row in rows}


async def test_workers_that_say_the_same_address_do_not_hide_each_others_rows(deploy):
    market = await deploy()
    await market.send(messages(2_000, seed=22))
    first = await asyncio.to_thread(market.worker("first").start)
    await market.drained()
    everything = len(first.get("/live/candles/")["rows"])
    port = str(first.web_port)

    # As on a machine of its own, with the settings of the first.
    second = market.worker("second", WEB_HOST="127.0.0.2", WEB_ADDRESS="127.0.0.1", WEB_PORT=port)
    await asyncio.to_thread(second.launch)
    await eventually(lambda: "addresses" in health(first)["down"], "noticed")

    assert "WEB_ADDRESS" in health(first)["down"]["addresses"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        first.get("/live/candles/")
    assert refused.value.code == 503
    assert len(first.get("/live/candles/?scope=here")["rows"]) < everything


async def test_a_hundred_thousand_windows_recover_and_expire_afterwards(deploy):
    market = await deploy(CANDLE_SIZES="60", TABLE_RETENTION=str(24 * HOUR_S))
    worker = market.worker()
    start_s = (time.time() - 26 * HOUR_S) // 60 * 60
    pairs = [f"C{number}/USD" for number in range(100)]
    minutes = range(RECOVERED_WINDOWS // len(pairs))
    await market.send(
        [a_trade(pair, start_s + 60 * minute) for minute in minutes for pair in pairs]
    )
    await asyncio.to_thread(worker.start)
    await market.drained(timeout_s=300)
    await asyncio.to_thread(worker.kill)
    shutil.rmtree(worker.directory / "data")

    # It took 26 s on two cores, and up to 54 when others worked at them too.
    began_s, logged = time.monotonic(), len(worker.log)
    await asyncio.to_thread(worker.start, 240.0)
    print(f"recovered in {time.monotonic() - began_s:.1f} s")
    progress_is_told(worker.log[logged:])
    await market.send([a_trade(pair, time.time()) for pair in pairs])
    await market.drained()
    await asyncio.to_thread(worker.terminate)

    horizon_s = time.time() - 24 * HOUR_S - 600
    ends = [row["window_end"] for row in (await market.changelog("candles")).values()]
    assert min(ends) > horizon_s - 120
    assert len(ends) < RECOVERED_WINDOWS
    assert market.store(worker, "candles").keys() == (await market.changelog("candles")).keys()


def progress_is_told(log):
    """Assert that the *log* of a recovery says again and again how far it has come."""
    told = [line for line in log.splitlines() if PROGRESS.search(line)]
    assert "Restoring state" in told[0], told
    assert f"Table candles holds {RECOVERED_WINDOWS} windows" in told[-1], told
    moments = [datetime.strptime(line[1:24], "%Y-%m-%d %H:%M:%S,%f") for line in told]
    silent_s = max((b - a).total_seconds() for a, b in itertools.pairwise(moments))
    assert silent_s < SILENCE_S, (silent_s, told)
    left = [int(count) for count in re.findall(r"total remaining=(\d+)", log)]
    assert left == sorted(left, reverse=True), left
    assert len(left) < 2 or left[-1] < left[0], left


def a_trade(pair, time_s):
    fields = {"pair": pair, "price": 10.0, "volume": 1.0, "timestamp": time_s, "side": "b"}
    return Message("trade", pair.encode(), json.dumps(fields).encode(), time_s, time_s, pair)
