"""Live tables and configuration over HTTP, on two workers that share the partitions."""

import json

import pytest

from tests.kafka.http_workers import PAIRS, ask, eventually, refusal


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
    for table in ("candles", "prices", "alerts"):
        answers = [worker.get(f"/live/{table}/")["rows"] for worker in http_workers]
        assert {row["pair"] for row in answers[0]} == set(PAIRS)
        assert sorted(map(str, answers[0])) == sorted(map(str, answers[1]))
        for pair in PAIRS:
            rows = [worker.get(f"/live/{table}/{pair}/")["rows"] for worker in http_workers]
            assert rows[0] == rows[1] != []


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


def test_an_inactive_crypto_is_left_out_of_live_views(worker):
    path = "/api/v1/config/crypto/ETH/"

    ask(worker, path, "PATCH", {"is_active": False})

    assert {row["pair"] for row in worker.get("/live/candles/")["rows"]} == {"BTC/USD"}
    assert refusal(worker, "/live/candles/ETH/USD/")[0] == 404
    ask(worker, path, "PATCH", {"is_active": True})
    assert worker.get("/live/candles/ETH/USD/")["rows"]


def test_visualizations_are_checked_and_kept(worker):
    path = "/api/v1/config/visualization/"
    chart = {"name": "mine", "crypto_symbol": "btc", "indicators": ["vwap"]}

    status, _, body = ask(worker, path, "POST", chart)

    assert (status, json.loads(body)["crypto_symbol"]) == (201, "BTC")
    assert refusal(worker, f"{path}mine/", "PATCH", {"chart_type": "pie"})[0] == 400
    assert json.loads(ask(worker, f"{path}mine/", "PATCH", {"chart_type": "line"})[2])[
        "indicators"
    ] == ["vwap"]
