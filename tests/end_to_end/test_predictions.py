"""Predictions, their outcomes and their scores are the same wherever they are asked for."""

import asyncio
import json
import time
from itertools import islice

import aiohttp

from cryptoviz.local.drained import wait_until_drained
from cryptoviz.simulator import Market
from tests.end_to_end.command_line import CommandLine
from tests.end_to_end.configuring import configure

HOURS = 5.0
RECORDS = 18_000
PAIRS = ("BTC/USD", "ETH/USD", "BTC/EUR")
# Switched off before its first ticker.
INACTIVE = "SOL/USD"
SCORES = len(PAIRS) * 5 * 3 * 2


def a_market():
    start_s = time.time() - 3_600 * (HOURS + 0.5)
    rate_per_s = RECORDS / (HOURS * 3_600)
    market = Market(9, start_s, rate_per_s=rate_per_s, pairs=(*PAIRS, INACTIVE))
    for message in islice(market, RECORDS):
        yield message.kind, message.key, message.value, round(message.send_time_s * 1000)


async def settled(deployment):
    await deployment.drained()
    servers, group = deployment.broker.bootstrap_servers, deployment.group
    await wait_until_drained(servers, group, [f"{group}-prices", f"{group}-sentiment"])
    results = [f"{group}-{name}" for name in ("predictions", "scores", "sentiment-skill")]
    await wait_until_drained(servers, f"{group}-sink", results)


async def test_every_prediction_that_came_true_has_its_actual_price_though_workers_were_killed(
    deployment,
):
    worker = await asyncio.to_thread(deployment.worker().start)
    await configure(worker, "PATCH", "crypto/SOL/", is_active=False)
    sent = a_market()
    for _ in range(2):
        await deployment.send(islice(sent, RECORDS // 3))
        await asyncio.to_thread(worker.kill)
        await asyncio.to_thread(worker.start)
    await deployment.send(sent)
    await settled(deployment)

    await assert_all_that_matured_is_stored(deployment)
    live = worker.get("/live/predictions/")["rows"]
    assert {row["pair"] for row in live} == set(PAIRS)
    assert all(row["actual"] is None for row in live)
    newest = worker.get("/live/predictions/BTC-USD/?limit=5")["rows"]
    assert [row["target_time"] for row in newest] == sorted(
        (row["target_time"] for row in newest), reverse=True
    )
    await assert_predictions_are_everywhere(deployment, worker)
    await assert_scores_are_everywhere(deployment, worker)
    await assert_skills_are_everywhere(deployment, worker)


async def assert_all_that_matured_is_stored(deployment):
    """Of each pair, all whose time is not behind the newest final window are known by now."""
    final = {}
    for key, row in (await changelog(deployment, "prices")).items():
        if row["final"]:
            pair = key.partition("|")[0]
            final[pair] = max(final.get(pair, 0), row["window_end"])
    assert set(final) == {*PAIRS, INACTIVE}
    rows = await deployment.fetch(
        "SELECT pair, model_name, horizon, timestamp, made_at, actual_price FROM prediction_data"
    )
    assert {row["pair"] for row in rows} == set(PAIRS)
    assert len({(row["model_name"], row["horizon"]) for row in rows}) == 15
    matured = [row for row in rows if row["timestamp"].timestamp() <= final[row["pair"]]]
    assert len(matured) > 0.7 * len(rows)
    assert [row for row in matured if row["actual_price"] is None] == []
    assert all(
        (row["timestamp"] - row["made_at"]).total_seconds() == row["horizon"] for row in rows
    )


async def assert_predictions_are_everywhere(deployment, worker):
    """The database, history, the stream, the changelog and the command line say the same."""
    stored = await deployment.fetch(
        "SELECT pair, model_name, horizon, timestamp, predicted_price, actual_price"
        " FROM prediction_data WHERE pair = 'BTC/USD'"
    )
    expected = {
        (row["pair"], row["model_name"], row["horizon"], row["timestamp"].timestamp()): (
            row["predicted_price"],
            row["actual_price"],
        )
        for row in stored
    }
    table = await changelog(deployment, "predictions")
    assert by_model(row for row in table.values() if row["pair"] == "BTC/USD") == expected
    told = await streamed(worker, "predictions:BTC/USD")
    assert by_model(told) == expected
    cli = CommandLine(deployment, worker)
    shown = await cli("inspect", "predictions", "--key", "BTC/USD")
    assert shown.status == 0, shown.said
    assert by_model(shown.rows.values()) == expected
    rows, path = [], "/api/v1/prediction/BTC/historique/?limit=700"
    while path:
        page = worker.get(path)
        rows, path = rows + page["data"], page["next"]
    assert len(rows) == await deployment.count("prediction_data WHERE crypto_symbol = 'BTC'")
    assert all(row["final"] == (row["actual_price"] is not None) for row in rows)


def by_model(forecasts):
    found = {}
    for row in sorted(forecasts, key=lambda row: row["revision"]):
        for one in row["predictions"]:
            place = (row["pair"], one["model"], row["horizon"], row["target_time"])
            found[place] = (one["price"], row["actual"])
    return found


async def assert_scores_are_everywhere(deployment, worker):
    live = flat(worker.get("/live/scores/")["rows"])
    assert len(live) == SCORES
    stored = await deployment.fetch(
        "SELECT DISTINCT ON (pair, model_name, horizon, period) pair, model_name, horizon, period,"
        " mae FROM score_data ORDER BY pair, model_name, horizon, period, timestamp DESC"
    )
    assert {tuple(row)[:4]: row["mae"] for row in stored} == live
    assert flat((await changelog(deployment, "scores")).values()) == live
    assert flat((await streamed(worker, "scores")), newest=True) == live
    shown = await CommandLine(deployment)("scores", "--url", f"http://127.0.0.1:{worker.web_port}")
    assert {
        (one["pair"], one["model"], one["horizon"], one["period"]): one["mae"]
        for one in shown.lines
    } == live
    for pair in PAIRS:
        page = worker.get(f"/api/v1/score/{pair}/historique/?periode=24h&limit=1000")
        newest = {}
        for row in page["data"][::-1]:
            place = (row["pair"], row["model_name"], row["horizon"], row["period"])
            newest[place] = row["mae"]
        assert newest == {place: mae for place, mae in live.items() if place[0] == pair}
        assert page["stream"].startswith("scores:")


def flat(rows, newest=False):
    if newest:
        rows = sorted(rows, key=lambda row: row["revision"])
    return {
        (row["pair"], one["model"], one["horizon"], one["period"]): one["mae"]
        for row in rows
        for one in row["scores"]
    }


async def assert_skills_are_everywhere(deployment, worker):
    live = worker.get("/live/sentiment_skill/BTC/")["rows"]
    assert [row["pair"] for row in live] == ["BTC/EUR", "BTC/USD"]
    expected = skills(live)
    table = await changelog(deployment, "sentiment_skill")
    assert skills(row for row in table.values() if row["crypto_symbol"] == "BTC") == expected
    told = await streamed(worker, "sentiment_skill:BTC")
    assert skills(sorted(told, key=lambda row: row["revision"])) == expected
    page = worker.get("/api/v1/sentiment_skill/BTC/historique/?limit=1000")
    assert {
        (row["pair"], row["horizon"]): (row["skill"], row["standard_error"])
        for row in page["data"][::-1]
    } == expected
    stored = await deployment.fetch(
        "SELECT DISTINCT ON (pair, horizon) pair, horizon, skill, standard_error"
        " FROM sentiment_skill_data WHERE crypto_symbol = 'BTC'"
        " ORDER BY pair, horizon, timestamp DESC"
    )
    assert {tuple(row)[:2]: tuple(row)[2:] for row in stored} == expected
    url = f"http://127.0.0.1:{worker.web_port}"
    shown = await CommandLine(deployment)("scores", "BTC/USD", "--sentiment", "--url", url)
    assert {
        (row["pair"], row["horizon"]): (row["skill"], row["standard_error"]) for row in shown.lines
    } == expected


def skills(rows):
    return {
        (row["pair"], one["horizon"]): (one["skill"], one["standard_error"])
        for row in rows
        for one in row["horizons"]
    }


async def changelog(deployment, table):
    """Return the newest value of each key."""
    rows = {}
    for record in await deployment.records(f"{deployment.group}-{table}-changelog"):
        key = record.key.decode()
        rows.pop(key, None)
        if record.value is not None:
            rows[key] = json.loads(record.value)
    return rows


async def streamed(worker, channel):
    """Return all that a client that begins at the topic's beginning is told, up to now."""
    feed, address = channel.partition(":")[0], f"http://127.0.0.1:{worker.web_port}"
    rows = []
    async with (
        aiohttp.ClientSession(address) as session,
        session.ws_connect("/ws/") as socket,
    ):
        # Without a cursor: what it is given then says where the topic ends.
        await socket.send_json({"op": "subscribe", "channels": [channel]})
        assert (await socket.receive_json(timeout=20))["type"] == "subscribed"
        end = (await socket.receive_json(timeout=20))["cursor"].split("~")[0]
    begin = ":".join([feed, *("0" for _ in end.split(":")[1:])])
    async with (
        aiohttp.ClientSession(address) as session,
        session.ws_connect("/ws/") as socket,
    ):
        await socket.send_json({"op": "subscribe", "channels": [channel], "cursor": begin})
        assert (await socket.receive_json(timeout=20))["type"] == "subscribed"
        while True:
            told = await socket.receive_json(timeout=20)
            assert told["type"] == "updates", told
            rows += [update["data"] for update in told["updates"]]
            if told["cursor"].split("~")[0] == end:
                return rows
