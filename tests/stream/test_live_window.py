"""`window=` under `/live/`: which rows it chooses of a table, and where it is refused."""

import json
from types import SimpleNamespace

import msgspec
import pytest

from cryptoviz.prediction.forecast import key_of
from cryptoviz.prediction.forecaster import Forecaster
from tables import predictions
from tests.a_request import asked
from tests.forecasts import a_forecast
from tests.stream.lives import MINUTE, START_S, Kafka, Life, a_trade
from web import live, live_rows, registry

PAIRS = ("BTC/USD", "ETH/USD")
WINDOWS = 5
SIZE_S, HORIZONS = 300, (300, 900, 3600)
ENDED_S = START_S // SIZE_S * SIZE_S


@pytest.fixture(autouse=True)
async def tables(tmp_path, monkeypatch):
    """A table of some windows of each pair, and one of rows that are of no time."""
    life = await Life(tmp_path / "worker", Kafka()).begin()
    trades = [a_trade(MINUTE * number, pair=pair) for number in range(WINDOWS) for pair in PAIRS]
    life.fold(*trades)
    alerts = SimpleNamespace(
        held_partitions=lambda: [0],
        scan=lambda _: [(b"BTC/USD", b"{}")],
        find=lambda _: [b"{}"],
        table=SimpleNamespace(is_global=True),
    )
    monkeypatch.setattr(registry, "windowed", lambda: {"windows": life.table})
    plain = {"alerts": alerts, "predictions": SimpleNamespace(table=alerts.table)}
    monkeypatch.setattr(registry, "plain", lambda: plain)
    monkeypatch.setattr(live, "known", lambda table: table)
    monkeypatch.setattr(live_rows.configuration, "is_active", lambda _: True)
    monkeypatch.setattr(live_rows.configuration, "inactive_symbols", frozenset)
    yield
    life.die()


@pytest.fixture
def forecasts(monkeypatch):
    """Forecasts of BTC/USD for an hour up to the farthest one."""
    forecaster = Forecaster(pair="BTC/USD", ended_until=ENDED_S, kept_since=ENDED_S)
    encode = msgspec.json.encode
    targets = range(ENDED_S, ENDED_S + 3601, SIZE_S)
    rows = {
        key_of("BTC/USD", target, horizon): encode(a_forecast(target, horizon))
        for target in targets
        for horizon in HORIZONS
        if target - horizon <= ENDED_S
    }
    kept = SimpleNamespace(
        held_partitions=lambda: [0],
        scan=lambda _: [(b"BTC/USD", encode(forecaster))],
        read=lambda _, key: encode(forecaster) if key == b"BTC/USD" else None,
    )
    monkeypatch.setattr(predictions, "forecasters", kept)
    monkeypatch.setattr(predictions.rows, "read", lambda _, key: rows.get(key))


async def answer(table, key=None, **query):
    """Return the status and the answer of the worker for its own rows."""
    match = {"table": table} | ({"key": key} if key else {})
    view = live.live_key if key else live.live_table
    path = "/".join(["/live", *match.values(), ""])
    response = await asked(view, path, match, scope="here", **query)
    return response.status, json.loads(response.body)


async def windows(table="windows", **query):
    status, told = await answer(table, **query)
    assert status == 200, told
    return [(row["pair"], (row["window_start"] - START_S) // MINUTE) for row in told["rows"]]


def span(first, end):
    return f"{START_S + first * MINUTE}..{START_S + end * MINUTE}"


async def test_a_table_is_asked_for_the_newest_windows_those_from_a_time_or_a_range():
    assert await windows() == [(pair, 4) for pair in PAIRS]
    assert await windows(window="latest") == [(pair, 4) for pair in PAIRS]
    assert await windows(window=str(START_S + MINUTE)) == [(pair, 1) for pair in PAIRS]
    both = [(pair, minute) for pair in PAIRS for minute in (2, 1)]
    assert await windows(window=span(1, 3)) == both
    assert await windows(window=span(0, 9), limit="1") == [(pair, 4) for pair in PAIRS]
    assert await windows(window=span(7, 9)) == []


async def test_a_key_is_asked_for_in_the_same_way():
    for query, minutes in (
        ({}, [4, 3, 2, 1, 0]),
        ({"window": "latest"}, [4]),
        ({"window": str(START_S + MINUTE)}, [1]),
        ({"window": span(1, 4), "limit": "2"}, [3, 2]),
    ):
        found = await windows(key="BTC/USD", **query)
        assert found == [("BTC/USD", minute) for minute in minutes], query


@pytest.mark.parametrize("key", [None, "BTC/USD"])
@pytest.mark.parametrize("window", ["latest", "7", "7..9"])
async def test_a_table_whose_rows_are_no_windows_refuses_it(key, window):
    assert (await answer("alerts", key))[0] == 200

    status, problem = await answer("alerts", key, window=window)

    assert (status, problem["parameter"], problem["value"]) == (400, "window", window)
    assert "alerts" in problem["detail"]


@pytest.mark.parametrize("key", [None, "BTC/USD"])
async def test_a_range_that_ends_before_it_begins_is_refused(key):
    status, problem = await answer("windows", key, window="9..7")

    assert (status, problem["parameter"], problem["value"]) == (400, "window", "9..7")


@pytest.mark.parametrize("key", [None, "BTC/USD"])
async def test_predictions_are_asked_for_by_the_time_predicted_for(forecasts, key):
    async def targets(window, **more):
        _, told = await answer("predictions", key, window=window, **more)
        return [(row["target_time"] - ENDED_S, row["horizon"]) for row in told["rows"]]

    assert await targets("latest") == [(3600, 3600)]
    assert await targets(str(ENDED_S + 300)) == [(300, 3600), (300, 900), (300, 300)]
    assert await targets(f"{ENDED_S + 301}..{ENDED_S + 901}") == [
        (900, 3600),
        (900, 900),
        (600, 3600),
        (600, 900),
    ]
    assert await targets(f"{ENDED_S}..{ENDED_S + 9999}", limit="2") == [(3600, 3600), (3300, 3600)]


async def test_more_rows_than_an_answer_may_have_are_refused(monkeypatch):
    async def nothing(*_):
        return []

    monkeypatch.setattr(live_rows, "rows_elsewhere", nothing)
    monkeypatch.setattr(live_rows, "MOST_ROWS", 3)
    query = {"window": span(0, 2)}

    response = await asked(live.live_table, "/live/windows/", {"table": "windows"}, **query)

    assert response.status == 400
    assert json.loads(response.body)["parameter"] == "window"
