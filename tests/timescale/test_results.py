"""Results have a key; the higher revision of a key stays, whatever order they come in."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from cryptoviz.timescale import history
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.raw_table import Row
from cryptoviz.timescale.results import PREDICTIONS, SENTIMENT, upsert
from tests.timescale.rows import NOON

HOUR = timedelta(hours=1)


def a_window(**changes: Any) -> Row:
    """Return a sentiment window of BTC that ends at noon, with *changes*."""
    fields = {
        "timestamp": NOON,
        "crypto_symbol": "BTC",
        "sentiment_score": 0.7,
        "sentiment_label": "positive",
        "source": "articles",
        "confidence": 0.9,
        "window_start": NOON - timedelta(minutes=5),
        "article_count": 3,
        "positive": 2,
        "neutral": 1,
        "negative": 0,
        "revision": 1,
        "final": True,
    }
    return tuple((fields | changes)[column] for column in SENTIMENT.columns)


def a_prediction(**changes: Any) -> Row:
    """Return a prediction of BTC/USD for noon, with *changes*."""
    fields = {
        "timestamp": NOON,
        "crypto_symbol": "BTC",
        "predicted_price": 100.0,
        "actual_price": None,
        "model_name": "moving_average",
        "confidence_interval_low": 90.0,
        "confidence_interval_high": 110.0,
        "pair": "BTC/USD",
        "made_at": NOON - timedelta(minutes=5),
        "horizon": 300,
        "level": 0.9,
        "revision": 0,
    }
    return tuple((fields | changes)[column] for column in PREDICTIONS.columns)


async def scores(pool: Pool) -> list[float]:
    rows = await pool.fetch("SELECT sentiment_score FROM sentiment_data ORDER BY crypto_symbol")
    return [row["sentiment_score"] for row in rows]


async def test_a_higher_revision_replaces_a_lower_one(pool: Pool) -> None:
    await upsert(pool, SENTIMENT, [a_window(revision=1, sentiment_score=0.1)])

    changed = await upsert(pool, SENTIMENT, [a_window(revision=2, sentiment_score=0.2)])

    assert changed == 1
    assert await scores(pool) == [0.2]


async def test_a_lower_revision_never_replaces_a_higher_one(pool: Pool) -> None:
    await upsert(pool, SENTIMENT, [a_window(revision=2, sentiment_score=0.2)])

    changed = await upsert(pool, SENTIMENT, [a_window(revision=1, sentiment_score=0.1)])

    assert changed == 0
    assert await scores(pool) == [0.2]


async def test_a_replay_changes_nothing(pool: Pool) -> None:
    rows = [a_window(), a_window(crypto_symbol="ETH")]

    assert await upsert(pool, SENTIMENT, rows) == 2
    assert await upsert(pool, SENTIMENT, rows) == 0


async def test_one_batch_may_hold_several_revisions_of_a_key(pool: Pool) -> None:
    rows = [a_window(revision=n, sentiment_score=n / 10) for n in (2, 4, 3)]

    assert await upsert(pool, SENTIMENT, rows) == 1
    assert await scores(pool) == [0.4]


async def test_the_final_window_of_a_revision_replaces_its_forerunners(pool: Pool) -> None:
    await upsert(pool, SENTIMENT, [a_window(final=False, article_count=2, sentiment_score=0.1)])
    await upsert(pool, SENTIMENT, [a_window(final=False, article_count=3, sentiment_score=0.2)])
    await upsert(pool, SENTIMENT, [a_window(final=True, article_count=3, sentiment_score=0.3)])

    changed = await upsert(pool, SENTIMENT, [a_window(final=False, article_count=9)])

    assert changed == 0
    assert await scores(pool) == [0.3]


async def test_no_rows_are_no_statement(pool: Pool) -> None:
    assert await upsert(pool, SENTIMENT, []) == 0


async def test_an_actual_price_is_filled_in_and_nothing_predicted_changes(pool: Pool) -> None:
    await upsert(pool, PREDICTIONS, [a_prediction()])

    await upsert(
        pool, PREDICTIONS, [a_prediction(revision=1, actual_price=101.0, predicted_price=7.0)]
    )
    await upsert(pool, PREDICTIONS, [a_prediction()])

    stored = await pool.fetch("SELECT predicted_price, actual_price, revision FROM prediction_data")
    assert [tuple(row) for row in stored] == [(100.0, 101.0, 1)]


async def test_sentiment_history_pages_by_the_end_of_windows(pool: Pool) -> None:
    ends = [NOON + n * timedelta(minutes=5) for n in range(7)]
    await upsert(
        pool, SENTIMENT, [a_window(timestamp=end, article_count=n) for n, end in enumerate(ends)]
    )
    counts, cursor = [], None
    while True:
        page = await history.sentiment(pool, "BTC", NOON, NOON + HOUR, 3, cursor)
        counts += [row["article_count"] for row in json.loads(page.body)]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert counts == [6, 5, 4, 3, 2, 1, 0]


async def test_prediction_history_pages_through_models_of_one_time(pool: Pool) -> None:
    models = ["ewma_drift", "holt", "last_price", "moving_average"]
    rows = [
        a_prediction(model_name=model, horizon=horizon, pair=pair)
        for model in models
        for horizon in (300, 900)
        for pair in ("BTC/USD", "BTC/EUR")
    ]
    await upsert(pool, PREDICTIONS, rows)

    seen, cursor = [], None
    while True:
        page = await history.predictions(pool, "BTC", NOON, NOON + HOUR, 5, cursor)
        seen += [(row["pair"], row["model_name"], row["horizon"]) for row in json.loads(page.body)]
        cursor = page.next_cursor
        if cursor is None:
            break
    one = await history.predictions(pool, "BTC", NOON, NOON + HOUR, 50, model="holt")

    assert len(seen) == len(set(seen)) == 16
    assert seen == sorted(seen, reverse=True)
    assert {row["model_name"] for row in json.loads(one.body)} == {"holt"}
    assert one.rows == 4
