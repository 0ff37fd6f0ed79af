"""Each model's forecast follows from its definition, computed here in plain loops."""

import math
import random
from itertools import pairwise

import pytest

from cryptoviz.prediction.models import EwmaDrift, Holt, LastPrice, MovingAverage
from cryptoviz.prediction.sentiment_model import RIDGE, SentimentDrift
from cryptoviz.prediction.volatility import Volatility
from tests.forecasts import a_close, regime_windows

CLOSES = regime_windows(200)
PRICES = [close.last for close in CLOSES]


def after(model, closes=CLOSES):
    volatility = Volatility()
    for close in closes:
        volatility.observe(close, 1)
        model.observe(close)
    return lambda steps, mood=0.0: model.outlook(steps, volatility, mood)


def test_last_price_says_that_nothing_changes():
    assert after(LastPrice())(12).price == PRICES[-1]


def test_moving_average_is_the_windows_mean_and_standard_deviation():
    assert after(MovingAverage())(3) == (CLOSES[-1].mean, CLOSES[-1].std)


def test_ewma_drift_goes_on_by_the_weighted_mean_return():
    prices = [CLOSES[0].first, *PRICES]
    returns = [math.log(b / a) for a, b in pairwise(prices)]
    drift = sum(0.02 * 0.98**age * one for age, one in enumerate(reversed(returns)))

    assert after(EwmaDrift())(12).price == pytest.approx(PRICES[-1] * math.exp(12 * drift))


def test_holt_smooths_level_and_damped_trend():
    level, trend = math.log(PRICES[0]), 0.0
    for price in PRICES[1:]:
        before, level = level, 0.8 * math.log(price) + 0.2 * (level + 0.9 * trend)
        trend = 0.1 * (level - before) + 0.9 * 0.9 * trend
    ahead = level + trend * (0.9 + 0.9**2 + 0.9**3)

    assert after(Holt())(3).price == pytest.approx(math.exp(ahead))


def test_no_model_runs_away_from_a_price_that_explodes():
    closes = [a_close(n, last=10.0**n, min=10.0**n, max=10.0**n) for n in range(30)]

    for model in (EwmaDrift(), Holt(), SentimentDrift()):
        price = after(model, closes)(12, 0.5).price
        assert 0.0 < price < 1e40


def test_a_price_that_never_moves_has_an_interval_all_the_same():
    flat = [a_close(n, last=5.0, min=5.0, max=5.0, std=0.0) for n in range(10)]

    assert after(LastPrice(), flat)(1).deviation > 0.0


def test_sentiment_without_news_is_the_model_without_sentiment():
    assert after(SentimentDrift())(3) == after(EwmaDrift())(3)


def test_sentiment_learns_the_slope_that_a_ridge_regression_has():
    chance, model = random.Random(3), SentimentDrift()
    moods = [chance.uniform(-0.5, 0.5) for _ in range(300)]
    returns = [0.01 * mood + chance.gauss(0, 0.001) for mood in moods]
    for mood, log_return in zip(moods, returns, strict=True):
        model.learn(1, mood, 100.0, 100.0 * math.exp(log_return))

    weights = [0.999**age for age in range(299, -1, -1)]
    products = sum(w * m * r for w, m, r in zip(weights, moods, returns, strict=True))
    squares = sum(w * m * m for w, m in zip(weights, moods, strict=True))
    assert model.slopes[1].value == pytest.approx(products / (RIDGE + squares))
    assert model.slopes[1].value == pytest.approx(0.01, rel=0.15)


def test_volatility_sees_a_burst_within_one_window():
    calm, volatility = [a_close(n, min=99.99, max=100.01) for n in range(50)], Volatility()
    for close in calm:
        volatility.observe(close, 1)
    before = volatility.over(1)

    volatility.observe(a_close(50, min=99.0, max=101.0), 1)

    assert volatility.over(1) > 10 * before
    assert volatility.over(4) == pytest.approx(2 * volatility.over(1))
