"""Pages of predictions and sentiment hold every row once, also those that are not stored yet."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cryptoviz.feeds.cursor import Cursor, WindowKey, parse
from cryptoviz.prediction.forecast import Prediction
from cryptoviz.prediction.forecaster import Forecaster
from cryptoviz.sentiment import SentimentWindow
from cryptoviz.timescale import history
from tests.a_request import asked
from tests.forecasts import a_forecast
from tests.paging import LIMITS, NOW_S, SIZE_S, Stored, all_pages, expected, place, some, within
from tests.paging import worker as worker
from web import overlay, prediction_history, result_rows, sentiment_history
from web.answers import encode, unavailable
from web.shapes import sentiment_row

HORIZONS = (300, 900, 3600)
PAIRS = ("BTC/EUR", "BTC/USD")


def one_of(pair, target, horizon):
    """Return a forecast whose outcome is known if the time it is for is over."""
    predictions = [Prediction(name, 100.0, 99, 101, 99, 101) for name in Forecaster.models]
    actual = 100.0 if target < NOW_S - SIZE_S else None
    return a_forecast(target, horizon, pair=pair, predictions=predictions, actual=actual)


@pytest.fixture
def forecasts(worker, monkeypatch):
    """Return all forecasts of an hour and a half in the order of the table."""
    made = [
        one_of(pair, target, horizon)
        for pair in PAIRS
        for target in range(NOW_S + 3600, NOW_S - 1800, -SIZE_S)
        for horizon in sorted(HORIZONS, reverse=True)
        if target - horizon <= NOW_S
    ]

    async def windows(_table, pair, limit, window=None):
        found = [one for one in made if one.pair == pair]
        if window is not None:
            found = [one for one in found if within(window, one.target_time)]
        return [msgspec.json.encode(one) for one in found[:limit]]

    monkeypatch.setattr(prediction_history, "windows", windows)
    monkeypatch.setattr(prediction_history.known, "pairs", lambda: [*PAIRS, "ETH/USD"])
    return made


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("seed", range(3))
async def test_predictions_that_are_not_stored_are_on_the_page_of_their_time(
    forecasts, monkeypatch, limit, seed
):
    order = history.PREDICTIONS
    rows = [row for one in forecasts for row in result_rows.of_forecast(msgspec.json.encode(one))]
    stored = Stored(order, some(rows, seed))
    monkeypatch.setattr(history, "predictions", stored.page)

    view, match = prediction_history.prediction_history, {"symbol": "BTC"}
    path = f"/api/v1/prediction/BTC/historique/{seed}/{limit}"
    found = await all_pages(view, path, match, order, limit=limit)

    assert [place(order, row) for row in found] == expected(order, rows)


async def test_predictions_of_one_model_that_are_not_stored_are_on_their_page(
    forecasts, monkeypatch
):
    order = history.PREDICTIONS
    monkeypatch.setattr(history, "predictions", Stored(order, []).page)
    rows = [row for one in forecasts for row in result_rows.of_forecast(msgspec.json.encode(one))]

    view, match = prediction_history.prediction_history, {"symbol": "BTC"}
    found = await all_pages(view, "/one", match, order, limit=5, model="holt")

    of_model = [row for row in rows if row["model_name"] == "holt"]
    assert [place(order, row) for row in found] == expected(order, of_model)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("seed", range(3))
async def test_sentiment_that_is_not_stored_is_on_the_page_of_its_time(
    worker, monkeypatch, limit, seed
):
    order = history.SENTIMENT
    made = [
        SentimentWindow(
            window_start=start,
            window_end=start + SIZE_S,
            crypto_symbol="BTC",
            revision=3,
            final=start < NOW_S - SIZE_S,
        )
        for start in range(NOW_S, NOW_S - 7200, -SIZE_S)
    ]

    async def windows(_table, _crypto, limit, window=None):
        found = [one for one in made if window is None or within(window, one.window_start)]
        return [msgspec.json.encode(one) for one in found[:limit]]

    rows = [json.loads(encode(sentiment_row(one))) for one in made]
    stored = Stored(order, some(rows[1:], seed))
    monkeypatch.setattr(sentiment_history, "windows", windows)
    monkeypatch.setattr(history, "sentiment", stored.page)

    path = f"/api/v1/sentiment/BTC/historique/{seed}/{limit}"
    view, match = sentiment_history.sentiment_history, {"symbol": "BTC"}
    found = await all_pages(view, path, match, order, limit=limit)

    assert [place(order, row) for row in found] == expected(order, rows)
    assert [row["final"] for row in found] == [row["final"] for row in rows]


async def test_sentiment_of_another_size_of_window_goes_on_in_its_channel(worker, monkeypatch):
    asked_for = []

    async def stream_start(feed):
        asked_for.append(feed)
        return Cursor()

    async def windows(*_):
        window = SentimentWindow(window_start=NOW_S, window_end=NOW_S + 60, crypto_symbol="BTC")
        return [msgspec.json.encode(window)]

    monkeypatch.setattr(sentiment_history.sentiment, "name", "sentiment_1m")
    monkeypatch.setattr(sentiment_history.sentiment, "size_s", 60)
    monkeypatch.setattr(overlay, "stream_start", stream_start)
    monkeypatch.setattr(sentiment_history, "windows", windows)
    monkeypatch.setattr(history, "sentiment", Stored(history.SENTIMENT, []).page)

    response = await asked(sentiment_history.sentiment_history, "/1m", {"symbol": "BTC"})

    assert asked_for == ["sentiment"]
    floors = parse(json.loads(response.body)["stream"]).floors
    assert list(floors) == [WindowKey("sentiment", "BTC:1m", NOW_S)]


@pytest.mark.parametrize(("age", "status"), [(timedelta(days=9), 200), (timedelta(hours=1), 503)])
async def test_a_page_before_all_that_tables_keep_can_do_without_them(
    worker, monkeypatch, age, status
):
    async def windows(*_):
        raise unavailable("Another worker, which holds these rows, does not answer.")

    async def known_crypto(_):
        return True

    monkeypatch.setattr(sentiment_history, "windows", windows)
    monkeypatch.setattr(sentiment_history, "known_crypto", known_crypto)
    monkeypatch.setattr(history, "sentiment", Stored(history.SENTIMENT, []).page)
    end = (datetime.now(UTC) - age).isoformat()

    response = await asked(
        sentiment_history.sentiment_history, "/old", {"symbol": "BTC"}, date_fin=end
    )

    assert response.status == status
