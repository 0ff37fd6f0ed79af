"""The simulated market: its bytes, its order, its mix and its formats."""

import hashlib
import itertools
import json
import os
import statistics
import subprocess
import sys
from collections import Counter

import pytest

from cryptoviz.simulator import Market, Message
from cryptoviz.simulator.catalog import CRYPTOS, CURRENCIES, PAIRS

START_S = 1_764_310_291.0

DIGEST_PROGRAM = """
import hashlib, itertools
from cryptoviz.simulator import Faults, Market, Share, inject
market = Market(seed=7, start_s=1764310291.0)
faults = Faults(Share(0.1, 60), Share(0.1, 5), 0.1, 0.1)
digest = hashlib.sha256()
for message in inject(itertools.islice(market, 5000), faults, 7):
    digest.update(repr(message).encode())
print(digest.hexdigest())
"""


def first(count: int, **changes: object) -> list[Message]:
    market = Market(**{"seed": 1, "start_s": START_S, **changes})  # type: ignore[arg-type]
    return list(itertools.islice(market, count))


def values(messages: list[Message], kind: str) -> list[dict]:
    return [json.loads(message.value) for message in messages if message.kind == kind]


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST_PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1")
    }

    assert len(digests) == 1


def test_iterating_a_market_again_starts_it_again():
    market = Market(seed=1, start_s=START_S)

    assert list(itertools.islice(market, 500)) == list(itertools.islice(market, 500))


def test_another_seed_gives_another_market():
    def digest(seed: int) -> str:
        return hashlib.sha256(b"".join(m.value for m in first(100, seed=seed))).hexdigest()

    assert digest(1) != digest(2)


def test_messages_come_in_the_order_of_their_time():
    times_s = [message.send_time_s for message in first(5_000, alert_threshold_percent=0.01)]

    assert times_s == sorted(times_s)
    assert times_s[0] >= START_S


def test_the_rate_counts_the_messages_of_all_topics():
    messages = first(30_000, rate_per_s=500.0, alert_threshold_percent=0.05)

    elapsed_s = messages[-1].send_time_s - START_S
    assert Counter(m.kind for m in messages)["alert"] > 100
    assert elapsed_s == pytest.approx(30_000 / 500.0, abs=1 / 500.0)


def test_the_mix_is_mostly_tickers_then_trades_and_a_few_articles():
    mix = Counter(message.kind for message in first(50_000))

    assert mix["ticker"] / 50_000 == pytest.approx(0.60, abs=0.02)
    assert mix["trade"] / 50_000 == pytest.approx(0.39, abs=0.02)
    assert mix["article"] / 50_000 == pytest.approx(0.01, abs=0.003)


def test_by_default_there_are_20_pairs_of_15_cryptos():
    messages = first(20_000)

    traded = {message.pair for message in messages if message.pair}
    assert traded == set(PAIRS)
    assert len(PAIRS) == 20
    assert {pair.split("/")[0] for pair in PAIRS} == set(CRYPTOS)
    assert len(CRYPTOS) == 15
    assert {pair.split("/")[1] for pair in PAIRS} == set(CURRENCIES)


def test_fields_and_their_order_are_those_of_the_specification():
    messages = first(20_000, alert_threshold_percent=0.05)

    expected = {
        "ticker": ["pair", "last", "bid", "ask", "volume_24h", "timestamp"],
        "trade": ["pair", "price", "volume", "timestamp", "side"],
        "article": ["id", "title", "url", "website", "content", "cryptocurrencies_mentioned",
                    "sentiment", "published_at"],
        "alert": ["pair", "last", "change", "threshold", "timestamp"],
    }  # fmt: skip
    for kind, fields in expected.items():
        found = {tuple(value) for value in values(messages, kind)}
        assert found == {tuple(fields)}


def test_messages_are_keyed_by_pair_and_articles_by_website():
    for message in first(5_000):
        value = json.loads(message.value)
        field = "website" if message.kind == "article" else "pair"
        assert message.key == value[field].encode()


def test_prices_are_positive_and_bid_is_below_ask():
    for ticker in values(first(20_000), "ticker"):
        assert 0 < ticker["bid"] < ticker["ask"]
        assert ticker["last"] > 0
        assert ticker["volume_24h"] > 0


def test_last_lies_outside_bid_and_ask_as_often_as_in_real_tickers():
    tickers = values(first(20_000), "ticker")

    outside = [t for t in tickers if not t["bid"] <= t["last"] <= t["ask"]]
    assert len(outside) / len(tickers) == pytest.approx(0.44, abs=0.03)


def test_trades_of_both_sides_differ_widely_in_size():
    trades = [t for t in values(first(50_000), "trade") if t["pair"] == "BTC/USD"]

    sizes = sorted(t["volume"] for t in trades)
    assert {t["side"] for t in trades} == {"b", "s"}
    assert sizes[0] > 0
    assert statistics.mean(sizes) > 1.5 * statistics.median(sizes)


def test_an_alert_tells_a_change_above_the_threshold_since_the_last_one():
    messages = first(50_000, pairs=("BTC/USD",), alert_threshold_percent=0.05)

    reference = values(messages, "ticker")[0]["last"]
    alerts = values(messages, "alert")
    assert len(alerts) > 3
    for alert in alerts:
        change_percent = (alert["last"] / reference - 1) * 100
        assert alert["change"] == pytest.approx(change_percent, abs=1e-4)
        assert abs(alert["change"]) >= alert["threshold"] - 1e-4
        assert alert["threshold"] == 0.05
        reference = alert["last"]


def test_a_pair_that_no_catalog_knows_is_traded_too():
    messages = first(200, pairs=("NEWCOIN/USD",))

    assert {m.pair for m in messages if m.pair} == {"NEWCOIN/USD"}
    assert values(messages, "ticker")[0]["last"] > 0


@pytest.mark.parametrize("pairs", [(), ("BTC/USD", "BTC/USD"), ("BTCUSD",), ("btc/usd",)])
def test_pairs_that_make_no_market_are_refused(pairs):
    with pytest.raises(ValueError, match="pair"):
        Market(seed=1, start_s=START_S, pairs=pairs)


def test_a_rate_of_0_is_refused():
    with pytest.raises(ValueError, match="rate_per_s must be above 0, was 0"):
        Market(seed=1, start_s=START_S, rate_per_s=0.0)
