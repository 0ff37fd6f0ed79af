"""Simulated prices and the sentiment that leads or follows them."""

import math
import statistics

import orjson
import pytest

from cryptoviz.simulator.news import WEBSITES, Newsroom, label_of
from cryptoviz.simulator.process import CALM_MEAN_S, HORIZON_S, TURBULENT_MEAN_S, Prices

START_S = 1_764_310_291


def path(prices: Prices, symbol: str, seconds: int) -> list[float]:
    reached = []
    for second in range(START_S, START_S + seconds):
        prices.advance_to(second)
        reached.append(prices.price_usd(symbol, second))
    return reached


def test_another_asset_does_not_change_a_price():
    alone = Prices(1, ["BTC", "USD"], START_S)
    together = Prices(1, ["ETH", "BTC", "EUR", "USD"], START_S)

    assert path(alone, "BTC", 1_000) == path(together, "BTC", 1_000)


def test_the_price_to_come_is_the_price_that_comes():
    prices = Prices(1, ["BTC"], START_S)
    foretold = prices.price_usd("BTC", START_S + HORIZON_S)

    prices.advance_to(START_S + HORIZON_S)

    assert prices.price_usd("BTC", START_S + HORIZON_S) == foretold


def test_going_back_changes_nothing():
    prices = Prices(1, ["BTC"], START_S)
    before = prices.price_usd("BTC", START_S)

    prices.advance_to(START_S - 100)

    assert prices.price_usd("BTC", START_S) == before


def test_the_dollar_never_moves():
    assert set(path(Prices(1, ["USD"], START_S), "USD", 100)) == {1.0}


def test_turbulent_times_are_four_times_as_volatile_and_rarer():
    prices = Prices(1, ["BTC"], START_S)
    steps: dict[bool, list[float]] = {True: [], False: []}
    last = prices.price_usd("BTC", START_S)
    for second in range(START_S + 1, START_S + 200_000):
        prices.advance_to(second)
        price = prices.price_usd("BTC", second)
        steps[prices.is_turbulent("BTC", second)].append(math.log(price / last))
        last = price

    ratio = statistics.stdev(steps[True]) / statistics.stdev(steps[False])
    assert ratio == pytest.approx(4.0, rel=0.03)
    expected = TURBULENT_MEAN_S / (TURBULENT_MEAN_S + CALM_MEAN_S)
    assert len(steps[True]) / 200_000 == pytest.approx(expected, abs=0.1)


def test_cryptos_move_together_but_not_in_step():
    prices = Prices(1, ["BTC", "ETH"], START_S)
    bitcoin, ether = [], []
    for second in range(START_S, START_S + 5_000):
        prices.advance_to(second)
        bitcoin.append(prices.standard_return("BTC", second, second + 1))
        ether.append(prices.standard_return("ETH", second, second + 1))

    assert statistics.correlation(bitcoin, ether) == pytest.approx(0.49, abs=0.1)


def test_sentiment_leads_and_follows_the_price_weakly():
    prices = Prices(1, ["BTC"], START_S)
    newsroom = Newsroom(1, ["BTC"], prices)
    scores, returns_after, returns_before = [], [], []
    for second in range(START_S, START_S + 400_000, 100):
        prices.advance_to(second)
        article = orjson.loads(newsroom.article(second)[1])
        scores.append(article["sentiment"]["score"])
        returns_after.append(prices.standard_return("BTC", second, second + HORIZON_S))
        returns_before.append(prices.standard_return("BTC", second - HORIZON_S, second))

    # Four standard errors of a correlation of 4,000 unrelated pairs are 0.06.
    assert 0.06 < statistics.correlation(scores, returns_after) < 0.5
    assert 0.06 < statistics.correlation(scores, returns_before) < 0.5


def test_articles_mention_one_to_three_cryptos_and_sometimes_a_word_that_is_none():
    prices = Prices(1, ["BTC", "ETH", "SOL"], START_S)
    newsroom = Newsroom(1, ["BTC", "ETH", "SOL"], prices)
    articles = [orjson.loads(newsroom.article(START_S)[1]) for _ in range(500)]

    mentions = [article["cryptocurrencies_mentioned"] for article in articles]
    cryptos = [[word for word in words if word in ("BTC", "ETH", "SOL")] for words in mentions]
    assert {len(words) for words in cryptos} == {1, 2, 3}
    assert any("mining" in words for words in mentions)
    assert all(len(set(words)) == len(words) for words in mentions)


def test_an_article_is_identified_by_its_url_while_ids_may_collide():
    newsroom = Newsroom(1, ["BTC"], Prices(1, ["BTC"], START_S))
    articles = [orjson.loads(newsroom.article(START_S)[1]) for _ in range(100)]

    assert len({article["url"] for article in articles}) == 100
    assert len({article["id"] for article in articles}) == len(WEBSITES)
    assert all(article["id"].endswith(f"_{START_S}") for article in articles)
    assert all(article["published_at"] == START_S for article in articles)


@pytest.mark.parametrize(
    ("score", "label"),
    [(0.0, "negative"), (0.399, "negative"), (0.4, "neutral"), (0.6, "neutral"),
     (0.601, "positive"), (1.0, "positive")],
)  # fmt: skip
def test_labels_follow_the_thresholds(score, label):
    assert label_of(score) == label
