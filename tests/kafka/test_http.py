"""History over HTTP: pages, filters, open windows, and errors that say what is wrong."""

import asyncio
import json

import asyncpg
import pytest
import requests

from tests.databases import dsn_of
from tests.kafka.http_workers import PAIRS, TICKERS, ask, refusal


@pytest.fixture
def worker(http_workers):
    return http_workers[0]


@pytest.mark.parametrize("spelling", ["BTC/USD", "BTC-USD", "BTC%2FUSD", "btc_usd", "XBTUSD"])
def test_a_pair_is_found_under_each_of_its_spellings(worker, spelling):
    answer = worker.get(f"/api/v1/ticker/{spelling}/historique/?limit=2")

    assert answer["pair"] == "BTC/USD"
    assert [row["last"] for row in answer["data"]] == [348.0, 346.0]


def test_pages_lead_through_all_rows_once(worker):
    path, prices = "/api/v1/trade/ETH/USD/historique/?limit=7", []
    while path:
        _, headers, body = ask(worker, path)
        page = json.loads(body)
        prices += [row["price"] for row in page["data"]]
        path = page["next"]
        assert headers["Link"] == (f'<{path}>; rel="next"' if path else None)

    assert prices == [float(100 + number) for number in range(249, -1, -2)]


def test_filters_choose_articles_and_alerts(worker):
    assert worker.get("/api/v1/article/historique/?crypto=xbt&label=positive")["count"] == 1
    assert worker.get("/api/v1/article/historique/?website=other.example")["count"] == 0
    assert worker.get("/api/v1/alert/historique/?pair=BTC-USD&type=PRICE_DOWN")["count"] == 100
    assert worker.get("/api/v1/alert/historique/?type=PRICE_UP")["count"] == 0


def test_sentiment_reaches_now_with_the_windows_that_still_form(worker):
    answer = worker.get("/api/v1/sentiment/BTC/historique/")

    assert [row["sentiment_score"] for row in answer["data"]] == [0.9]
    assert answer["data"][0]["final"] is False
    assert answer["stream"].startswith("sentiment:")


@pytest.mark.parametrize("interval", ["1m", "5m", "1h", "1d"])
def test_candles_of_each_interval_hold_every_trade(worker, interval):
    rows = worker.get(f"/api/v1/candles/BTC/USD/?interval={interval}&limit=1000")["data"]

    assert sum(row["trades"] for row in rows) == TICKERS // 2
    assert max(row["high"] for row in rows) == 348.0


def test_candles_before_the_live_tables_are_those_of_the_database(worker):
    live = worker.get("/api/v1/candles/BTC/USD/?limit=1000")["data"]
    middle = live[3]["timestamp"]

    older = worker.get(f"/api/v1/candles/BTC/USD/?limit=1000&date_fin={middle}")["data"]

    assert older == live[4:]


def test_what_there_is_to_ask_for_is_listed(worker):
    instruments = worker.get("/api/v1/instruments/")["data"]
    cryptos = {row["symbol"]: row for row in worker.get("/api/v1/cryptos/")["data"]}

    assert [row["pair"] for row in instruments] == list(PAIRS)
    assert cryptos["ETH"]["pairs"] == ["ETH/USD"]
    assert worker.get("/api/v1/health/")["ready"]


@pytest.mark.parametrize(
    ("path", "status", "parameter", "value"),
    [
        ("/api/v1/ticker/btcusd!/historique/", 400, "pair", "btcusd!"),
        ("/api/v1/ticker/XX/YYY/historique/", 404, "pair", "XX/YYY"),
        ("/api/v1/sentiment/NOPE/historique/", 404, "symbol", "NOPE"),
        ("/api/v1/ticker/BTC/USD/historique/?limit=1001", 400, "limit", "1001"),
        ("/api/v1/ticker/BTC/USD/historique/?periode=2h", 400, "periode", "2h"),
        ("/api/v1/ticker/BTC/USD/historique/?date_fin=yes", 400, "date_fin", "yes"),
        ("/api/v1/ticker/BTC/USD/historique/?cursor=abc", 400, "cursor", "abc"),
        ("/api/v1/alert/historique/?type=UP", 400, "type", "UP"),
        ("/api/v1/candles/BTC/USD/?interval=2m", 400, "interval", "2m"),
        ("/api/v1/stream?channels=nope", 404, "channels", "nope"),
        ("/api/v1/stream?channels=ticker&cursor=trade:0:0:0:0", 400, "cursor", "trade:0:0:0:0"),
        ("/api/v1/score/BTC/USD/historique/?period=1h", 400, "period", "1h"),
        ("/api/v1/trade/BTC/USD/historique/?cursor=a&as_of=trade:1", 400, "as_of", "trade:1"),
        ("/udf/symbols?symbol=NO/PE", 404, "symbol", "NO/PE"),
        ("/live/nothing/", 404, "table", "nothing"),
        ("/live/candles/NO/PE/", 404, "key", "NO/PE"),
        ("/live/candles/BTC/USD/?window=soon", 400, "window", "soon"),
        ("/live/candles/?window=soon", 400, "window", "soon"),
        ("/live/alerts/?window=latest", 400, "window", "latest"),
        ("/live/scores/BTC/USD/?window=1..2", 400, "window", "1..2"),
    ],
)
def test_an_error_names_the_parameter_and_its_value(worker, path, status, parameter, value):
    found, problem = refusal(worker, path)

    assert (found, problem["parameter"], problem["value"]) == (status, parameter, value)
    assert value in problem["detail"]


def test_unknown_routes_and_methods_are_problems_too(worker):
    assert refusal(worker, "/nowhere/")[0] == 404
    assert refusal(worker, "/table/")[0] == 404
    status, headers, _ = ask(worker, "/api/v1/cryptos/", "DELETE")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("body", "kind", "status", "parameter"),
    [
        ('{"symbol":"NEW"}', "text/plain", 415, None),
        ('{"symbol":"NEW"}', "application/x-www-form-urlencoded", 415, None),
        ('{"symbol":', "application/json", 400, None),
        ('{"symbol":"NEW","more":1}', "application/json", 400, "more"),
        ('{"symbol":7}', "application/json", 400, "symbol"),
        ('{"symbol":"N W"}', "application/json; charset=utf-8", 400, "symbol"),
        ("[" * 60_000, "application/json", 400, None),
        ("a" * 70_000, "application/json", 413, None),
    ],
)
def test_a_body_that_cannot_be_taken_is_a_problem(worker, body, kind, status, parameter):
    address = f"http://127.0.0.1:{worker.web_port}/api/v1/config/crypto/"
    answer = requests.post(address, body, headers={"Content-Type": kind}, timeout=20)

    assert (answer.status_code, answer.json().get("parameter")) == (status, parameter)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_head_of_an_answer_is_that_of_its_body(worker):
    path = "/api/v1/instruments/"
    status, headers, body = ask(worker, path, "HEAD")

    assert (status, body) == (200, b"")
    assert headers["ETag"] == ask(worker, path)[1]["ETag"]
    assert ask(worker, path, "HEAD", If_None_Match=headers["ETag"])[0] == 304


def test_new_routes_go_on_in_the_stream(worker):
    for path, feed in (
        ("/api/v1/score/BTC/USD/historique/", "scores"),
        ("/api/v1/sentiment_skill/BTC/historique/", "sentiment_skill"),
        ("/api/v1/prediction/BTC/historique/", "prediction"),
    ):
        assert worker.get(path)["stream"].startswith(f"{feed}:")


async def test_pages_hold_each_prediction_once_though_the_database_lost_half(
    worker, database, http_name
):
    connection = await asyncpg.connect(dsn_of(database, http_name))
    lost = "DELETE FROM prediction_data WHERE model_name IN ('holt', 'sentiment')"
    assert await connection.execute(lost) == "DELETE 12"
    await connection.close()

    rows, path = [], "/api/v1/prediction/BTC/historique/?limit=2"
    while path:
        page = await asyncio.to_thread(worker.get, path)
        rows, path = rows + page["data"], page["next"]

    live = (await asyncio.to_thread(worker.get, "/live/predictions/BTC/USD/"))["rows"]
    made = [(row["horizon"], one["model"]) for row in live for one in row["predictions"]]
    assert len(made) == 15
    assert sorted((row["horizon"], row["model_name"]) for row in rows) == sorted(made)
    times = [row["timestamp"] for row in rows]
    assert times == sorted(times, reverse=True)
