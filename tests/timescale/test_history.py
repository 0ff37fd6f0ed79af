"""Each history shows the columns of its table, and only the rows that pass its filters."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from cryptoviz.records import Alert, Article
from cryptoviz.timescale import history
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.sink import ALERTS, ARTICLES, TICKERS, TRADES, write
from tests.timescale.rows import NOON, a_ticker

HOUR = timedelta(hours=1)


async def test_a_ticker_is_shown_with_the_columns_of_its_table(pool: Pool) -> None:
    row = TICKERS.to_row(a_ticker(bid=None, event_time_s=NOON.timestamp() + 0.25), 0, 0)
    await write(pool, TICKERS, "rawticker", 0, 0, 1, [row], [0])

    page = await history.tickers(pool, "BTC/USD", NOON, NOON + HOUR, 10)

    assert json.loads(page.body) == [
        {
            "timestamp": "2026-03-02T12:00:00.25+00:00",
            "pair": "BTC/USD",
            "last": 34_000.5,
            "bid": None,
            "ask": 34_010.0,
            "volume_24h": 1_200.5,
        }
    ]


async def test_trades_show_an_unknown_side_as_null(pool: Pool) -> None:
    rows = [(NOON, "ETH/USD", 2_400.5, 2.1, side, 0, n) for n, side in enumerate(["b", None])]
    await write(pool, TRADES, "rawtrade", 0, 0, 2, rows, [0, 1])

    page = await history.trades(pool, "ETH/USD", NOON, NOON + HOUR, 10)

    assert [row["side"] for row in json.loads(page.body)] == [None, "b"]
    assert json.loads(page.body)[0] == {
        "timestamp": "2026-03-02T12:00:00+00:00",
        "pair": "ETH/USD",
        "price": 2_400.5,
        "volume": 2.1,
        "side": None,
    }


async def test_articles_are_filtered_and_their_text_is_escaped(pool: Pool) -> None:
    title = 'He said "sell",\nthen \\ bought € 😀'
    articles = [
        Article("https://a/1", "1", title, "a.com", None, ("BTC", "ETH"), 0.9, "positive", noon(1)),
        Article("https://b/2", "2", "b", "b.com", "sum", ("ETH",), 0.1, "negative", noon(2)),
        Article("https://a/3", None, None, "a.com", "sum", (), 0.5, "neutral", noon(3)),
    ]
    rows = ARTICLES.to_rows(articles, 0, range(3))
    await write(pool, ARTICLES, "rawarticle", 0, 0, 3, rows, range(3))

    async def urls(**filters: Any) -> list[str]:
        page = await history.articles(pool, NOON, NOON + HOUR, 10, **filters)
        return [row["url"][-1] for row in json.loads(page.body)]

    assert await urls() == ["3", "2", "1"]
    assert await urls(crypto="ETH") == ["2", "1"]
    assert await urls(website="a.com") == ["3", "1"]
    assert await urls(label="neutral") == ["3"]
    assert await urls(crypto="ETH", website="a.com", label="positive") == ["1"]
    page = await history.articles(pool, NOON, NOON + HOUR, 1, crypto="BTC")
    assert json.loads(page.body) == [
        {
            "timestamp": "2026-03-02T12:00:01+00:00",
            "article_id": "1",
            "title": title,
            "url": "https://a/1",
            "website": "a.com",
            "summary": None,
            "cryptocurrencies_mentioned": ["BTC", "ETH"],
            "sentiment_score": 0.9,
            "sentiment_label": "positive",
        }
    ]


async def test_a_page_is_cut_between_rows_whatever_their_text(pool: Pool) -> None:
    articles = [
        Article("u", "1", ',\n{"a":1},\n', "a.com", ",\n", (), 0.5, "neutral", noon(n))
        for n in range(5)
    ]
    await write(
        pool, ARTICLES, "rawarticle", 0, 0, 5, ARTICLES.to_rows(articles, 0, range(5)), range(5)
    )

    page = await history.articles(pool, NOON, NOON + HOUR, 3)

    assert [row["title"] for row in json.loads(page.body)] == [',\n{"a":1},\n'] * 3


async def test_alerts_are_filtered_by_pair_and_type(pool: Pool) -> None:
    alerts = [
        Alert("BTC/USD", 34_000.0, 1.2, 1.0, noon(1)),
        Alert("BTC/USD", 33_000.0, -1.5, 1.0, noon(2)),
        Alert("ETH/USD", 2_400.0, 2.0, 1.0, noon(3)),
    ]
    await write(pool, ALERTS, "rawalert", 0, 0, 3, ALERTS.to_rows(alerts, 0, range(3)), range(3))

    async def prices(**filters: Any) -> list[float]:
        page = await history.alerts(pool, NOON, NOON + HOUR, 10, **filters)
        return [row["last_price"] for row in json.loads(page.body)]

    assert await prices() == [2_400.0, 33_000.0, 34_000.0]
    assert await prices(kind="PRICE_DOWN") == [33_000.0]
    assert await prices(pair="BTC/USD") == [33_000.0, 34_000.0]
    assert await prices(pair="BTC/USD", kind="PRICE_UP") == [34_000.0]


def noon(second: int) -> float:
    """Return the Unix time of noon plus *second*."""
    return NOON.timestamp() + second
