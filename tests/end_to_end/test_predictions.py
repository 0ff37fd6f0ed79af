"""Predictions, their outcomes and their scores reach the database, HTTP and the command line."""

import asyncio
import json
import subprocess
import sys
import time
from itertools import islice

from cryptoviz.local.drained import wait_until_drained
from cryptoviz.simulator import Market

HOURS = 5.0
RECORDS = 15_000
PAIRS = ("BTC/USD", "ETH/USD", "BTC/EUR")


def a_market():
    start_s = time.time() - 3_600 * (HOURS + 0.5)
    market = Market(9, start_s, rate_per_s=RECORDS / (HOURS * 3_600), pairs=PAIRS)
    for message in islice(market, RECORDS):
        yield message.kind, message.key, message.value, round(message.send_time_s * 1000)


async def settled(deployment):
    await deployment.drained()
    servers, group = deployment.broker.bootstrap_servers, deployment.group
    await wait_until_drained(servers, group, [f"{group}-prices", f"{group}-sentiment"])
    results = [f"{group}-{name}" for name in ("predictions", "scores", "sentiment-skill")]
    await wait_until_drained(servers, f"{group}-sink", results)


async def test_every_prediction_that_came_true_has_its_actual_price_in_the_database(deployment):
    worker = await asyncio.to_thread(deployment.worker().start)
    await deployment.send(a_market())
    await settled(deployment)

    finals = {
        (row["pair"], row["window_end"])
        for pair in PAIRS
        for row in worker.get(f"/live/prices/{pair}/?limit=1000")["rows"]
        if row["final"]
    }
    rows = await deployment.fetch(
        "SELECT pair, model_name, horizon, timestamp, made_at, actual_price FROM prediction_data"
    )
    matured = [row for row in rows if (row["pair"], row["timestamp"].timestamp()) in finals]
    assert len(matured) > 0.7 * len(rows)
    assert all(row["actual_price"] is not None for row in matured)
    assert all(
        (row["timestamp"] - row["made_at"]).total_seconds() == row["horizon"] for row in rows
    )
    assert len({(row["model_name"], row["horizon"]) for row in rows}) == 15
    await assert_scores_are_everywhere(deployment, worker)
    history = worker.get("/api/v1/prediction/BTC/historique/?limit=10")
    assert {row["pair"] for row in history["data"]} <= {"BTC/USD", "BTC/EUR"}
    coming = worker.get("/live/predictions/")["rows"]
    assert coming
    assert all(row["actual"] is None for row in coming)
    newest = worker.get("/live/predictions/BTC-USD/?limit=5")["rows"]
    assert [row["target_time"] for row in newest] == sorted(
        (row["target_time"] for row in newest), reverse=True
    )


async def assert_scores_are_everywhere(deployment, worker):
    live = {
        (row["pair"], one["model"], one["horizon"], one["period"]): one["mae"]
        for row in worker.get("/live/scores/")["rows"]
        for one in row["scores"]
    }
    assert len(live) == len(PAIRS) * 5 * 3 * 2
    stored = await deployment.fetch(
        "SELECT DISTINCT ON (pair, model_name, horizon, period) pair, model_name, horizon, period,"
        " mae FROM score_data ORDER BY pair, model_name, horizon, period, timestamp DESC"
    )
    assert {tuple(row)[:4]: row["mae"] for row in stored} == live
    assert await deployment.count("sentiment_skill_data") >= len(PAIRS) * 3
    skills = worker.get("/live/sentiment_skill/BTC/")["rows"]
    assert {row["pair"] for row in skills} == {"BTC/USD", "BTC/EUR"}
    url = f"http://127.0.0.1:{worker.web_port}"
    command = [sys.executable, "-m", "cryptoviz", "scores", "--url", url]
    shown = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert {
        (one["pair"], one["model"], one["horizon"], one["period"]): one["mae"] for one in lines
    } == live
