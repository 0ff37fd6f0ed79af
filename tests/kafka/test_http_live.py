"""Live tables and configuration over HTTP, on two workers that share the partitions."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from tests.kafka.http_workers import HORIZONS, PAIRS, ask, eventually, refusal


@pytest.fixture
def worker(http_workers):
    return http_workers[0]


def test_live_rows_say_where_they_come_from(worker):
    (latest,) = worker.get("/live/candles/BTC/USD/?window=latest")["rows"]
    start = latest["window_start"]
    (same,) = worker.get(f"/live/candles/BTC/USD/?window={start}")["rows"]
    several = worker.get(f"/live/candles/BTC/USD/?window={start - 120}..{start}")["rows"]

    assert same == latest
    assert [row["window_start"] for row in several] == [start - 60, start - 120]
    assert set(latest) >= {"offsets", "revision", "final"}


def test_any_worker_answers_for_the_rows_of_any_other(http_workers):
    for table, rows_of_pair in (
        ("candles", 1),
        ("prices", 1),
        ("alerts", 1),
        ("predictions", HORIZONS),
    ):
        answers = [worker.get(f"/live/{table}/")["rows"] for worker in http_workers]
        # Each once: a worker has copies of the other's rows too, but does not show them.
        found = Counter(row["pair"] for row in answers[0])
        assert found == dict.fromkeys(PAIRS, rows_of_pair), table
        assert sorted(map(str, answers[0])) == sorted(map(str, answers[1]))
        for pair in PAIRS:
            rows = [worker.get(f"/live/{table}/{pair}/")["rows"] for worker in http_workers]
            assert rows[0] == rows[1] != []


def test_a_window_of_all_keys_is_that_of_all_workers(http_workers):
    for table, time in (("candles", "window_start"), ("predictions", "target_time")):
        keys = [http_workers[0].get(f"/live/{table}/{pair}/")["rows"] for pair in PAIRS]
        first = min(row[time] for rows in keys for row in rows)
        path = f"/live/{table}/?window={first}..{first + 121}"
        answers = [worker.get(path)["rows"] for worker in http_workers]

        expected = [row for rows in keys for row in rows if row[time] < first + 121]
        assert sorted(map(str, answers[0])) == sorted(map(str, answers[1]))
        assert sorted(map(str, answers[0])) == sorted(map(str, expected))


def test_a_configuration_is_seen_at_once_and_soon_by_other_workers(http_workers):
    one, other = http_workers
    path = "/api/v1/config/crypto/ZZZ/"

    status, headers, body = ask(one, "/api/v1/config/crypto/", "POST", {"symbol": "zzz"})

    assert (status, headers["Location"]) == (201, path)
    assert one.get(path) == json.loads(body)
    eventually(lambda: ask(other, path)[0] == 200)
    assert ask(other, "/api/v1/config/crypto/", "POST", {"symbol": "ZZZ"})[0] == 409
    assert json.loads(ask(other, path, "PATCH", {"name": "Z"})[2])["name"] == "Z"
    assert json.loads(ask(other, path, "PUT", {"is_active": False})[2])["name"] == ""
    eventually(lambda: one.get(path)["is_active"] is False)
    assert ask(one, path, "DELETE")[0] == 204
    assert ask(one, path)[0] == 404
    eventually(lambda: ask(other, path)[0] == 404)


def test_changes_at_the_same_time_all_count(worker):
    path = "/api/v1/config/crypto/YYY/"
    with ThreadPoolExecutor(8) as threads:
        made = list(
            threads.map(
                lambda _: ask(worker, "/api/v1/config/crypto/", "POST", {"symbol": "YYY"})[0],
                range(8),
            )
        )
        changes = [{"name": "Y"}, {"is_active": False}] * 4
        changed = list(threads.map(lambda body: ask(worker, path, "PATCH", body)[0], changes))

    assert sorted(made) == [201] + [409] * 7
    assert changed == [200] * 8
    found = worker.get(path)
    assert (found["name"], found["is_active"]) == ("Y", False)
    assert ask(worker, path, "DELETE")[0] == 204


TABLES = (
    *("candles", "candles_5m", "candles_1h", "candles_1d", "prices", "alerts", "instruments"),
    *("sentiment", "moods", "predictions", "forecasters"),
)


@pytest.fixture
def without_eth(worker):
    path = "/api/v1/config/crypto/ETH/"
    ask(worker, path, "PATCH", {"is_active": False})
    yield
    ask(worker, path, "PATCH", {"is_active": True})


def rows_of(worker, table):
    return worker.get(f"/live/{table}/")["rows"]


def cryptos_of(rows):
    return {row.get("crypto_symbol") or row["pair"].partition("/")[0] for row in rows}


def test_an_inactive_crypto_is_left_out_of_every_live_table(http_workers, without_eth):
    for worker, table in product(http_workers, TABLES):
        eventually(lambda w=worker, t=table: cryptos_of(rows_of(w, t)) == {"BTC"})
        key = "ETH/USD" if "pair" in rows_of(worker, table)[0] else "ETH"
        assert refusal(worker, f"/live/{table}/{key}/")[0] == 404, table
    assert worker.get("/live/crypto_configuration/ETH/")["rows"][0]["is_active"] is False
    assert worker.get("/udf/search?query=eth") == []
    assert refusal(worker, "/udf/symbols?symbol=ETH/USD")[0] == 404
    # What is stored stays, and what is known of it is still listed.
    assert worker.get("/api/v1/ticker/ETH/USD/historique/")["count"]
    assert [row["is_active"] for row in worker.get("/api/v1/instruments/")["data"]] == [True, False]


def test_a_crypto_that_is_active_again_is_shown_again(http_workers):
    for worker, table in product(http_workers, TABLES):
        eventually(lambda w=worker, t=table: cryptos_of(rows_of(w, t)) == {"BTC", "ETH"})


def test_visualizations_are_checked_and_kept(worker):
    path = "/api/v1/config/visualization/"
    chart = {"name": "mine", "crypto_symbol": "btc", "indicators": ["vwap"]}

    status, _, body = ask(worker, path, "POST", chart)

    assert (status, json.loads(body)["crypto_symbol"]) == (201, "BTC")
    assert refusal(worker, f"{path}mine/", "PATCH", {"chart_type": "pie"})[0] == 400
    assert json.loads(ask(worker, f"{path}mine/", "PATCH", {"chart_type": "line"})[2])[
        "indicators"
    ] == ["vwap"]
