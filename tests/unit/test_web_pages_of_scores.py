"""Pages of scores and candles hold every row once, also those that are not stored yet."""

import json
import random

import msgspec
import pytest

from cryptoviz.candle import Candle
from cryptoviz.prediction.forecaster import Forecaster
from cryptoviz.prediction.listening import HorizonSkill, SentimentSkill
from cryptoviz.prediction.scoring import PairScores, Score
from cryptoviz.timescale import score_history
from cryptoviz.timescale.page import Feed
from tests.paging import LIMITS, NOW_S, Stored, all_pages, expected, place, some, within
from tests.paging import worker as worker
from web import candles, overlay, result_rows
from web import score_history as score_views
from web.answers import encode
from web.shapes import candle_row

HORIZONS = (300, 900, 3600)
PAIRS = ("BTC/EUR", "BTC/USD")
DAY_S = 86_400


def some_scores(as_of):
    numbers = dict.fromkeys(
        ("mae", "mape", "bias", "coverage", "mean_width", "interval_score"), 1.0
    )
    return PairScores(
        pair="BTC/USD",
        as_of=as_of,
        revision=as_of,
        scores=[
            Score(
                model=model,
                horizon=horizon,
                period=period,
                since=0,
                count=1,
                skill=None,
                direction_accuracy=None,
                **numbers,
            )
            for model in Forecaster.models
            for horizon in HORIZONS
            for period in ("24h", "7d")
        ],
    )


def some_skill(pair, as_of):
    horizons = [
        HorizonSkill(horizon=horizon, hours=1, skill=0.1, standard_error=None)
        for horizon in HORIZONS
    ]
    return SentimentSkill(
        crypto_symbol="BTC", pair=pair, as_of=as_of, revision=as_of, horizons=horizons
    )


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("kind", ["scores", "skills"])
async def test_scores_that_are_not_stored_are_on_the_page_of_their_day(
    worker, monkeypatch, limit, kind
):
    days = [NOW_S - DAY_S * number for number in range(3)]
    if kind == "scores":
        order, made = score_history.SCORES, [[some_scores(as_of)] for as_of in days]
        rows_of, stored_name = result_rows.of_scores, "scores"
        view, match = score_views.score_history, {"pair": "BTC/USD"}
    else:
        order = score_history.SENTIMENT_SKILL
        made = [[some_skill(pair, as_of) for pair in PAIRS] for as_of in days]
        rows_of, stored_name = result_rows.of_skill, "sentiment_skill"
        view, match = score_views.skill_history, {"symbol": "BTC"}
    of_day = [
        [row for value in of_one for row in rows_of(msgspec.json.encode(value))] for of_one in made
    ]

    async def windows(*_):
        return [msgspec.json.encode(value) for value in made[0]]

    monkeypatch.setattr(score_views, "windows", windows)
    stored = Stored(order, [*some(of_day[0], 1), *of_day[1], *of_day[2]])
    monkeypatch.setattr(score_history, stored_name, stored.page)

    path = f"/{kind}/{limit}"
    found = await all_pages(view, path, match, order, limit=limit, periode="7d")

    rows = [row for rows in of_day for row in rows]
    assert [place(order, row) for row in found] == expected(order, rows)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("seed", range(3))
async def test_candles_that_are_not_stored_are_on_the_page_of_their_time(
    worker, monkeypatch, limit, seed
):
    chance = random.Random(seed)
    starts = [NOW_S - 60 * number for number in range(200) if chance.random() < 0.4]
    # The tables have let go of the older half, which is stored.
    made = [a_candle(start) for start in starts if start > NOW_S - 6_000]
    stored = some([a_candle(start) for start in starts], seed)
    stored += [a_candle(start) for start in starts if start <= NOW_S - 6_000]

    async def windows(_table, _pair, limit, window):
        found = [one for one in made if within(window, one.window_start)]
        return [msgspec.json.encode(one) for one in found[:limit]]

    async def trade_candles(_pool, _pair, step, start, end, limit, _final_before):
        low, high = start.timestamp(), end.timestamp()
        there = {each.window_start: each for each in stored if low <= each.window_start < high}
        if not there:
            return b"[]", False
        bottom = max(there) - (limit - 1) * step.total_seconds()
        rows = [encode(candle_row(there[at])) for at in sorted(there, reverse=True) if at >= bottom]
        return b"[%s]" % b",".join(rows), min(there) < bottom

    monkeypatch.setattr(candles, "windows", windows)
    monkeypatch.setattr(candles, "trade_candles", trade_candles)
    monkeypatch.setattr(candles, "_seen", lambda _: None)
    monkeypatch.setattr(overlay, "with_floors", lambda *_: "")

    path, order = f"/candles/{seed}/{limit}", Feed("candles", (), ())
    found = await all_pages(candles.candle_history, path, {"pair": "BTC/USD"}, order, limit=limit)

    rows = [json.loads(encode(candle_row(a_candle(start)))) for start in starts]
    assert [place(order, row) for row in found] == expected(order, rows)


def a_candle(start):
    return Candle(window_start=start, window_end=start + 60, pair="BTC/USD", revision=1)
