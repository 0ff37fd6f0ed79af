import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz import metrics
from cryptoviz.candle import SAMPLES, Candle
from cryptoviz.records import Trade

START_S = 1_764_310_200


def a_trade(at_s=0.0, price=100.0, volume=1.0, side="b"):
    return Trade("BTC/USD", price, volume, side, START_S + at_s)


def a_candle(*batches, size_s=60):
    candle = Candle(pair="BTC/USD", window_start=START_S, window_end=START_S + size_s)
    for batch in batches:
        candle.merge(Candle.summarise(batch))
    return candle


def test_open_and_close_are_by_event_time_not_by_arrival():
    candle = a_candle([a_trade(30, price=3), a_trade(10, price=1), a_trade(50, price=5)])
    candle.merge(Candle.summarise([a_trade(5, price=9), a_trade(40, price=2)]))

    assert (candle.open, candle.high, candle.low, candle.close) == (9, 9, 1, 5)


def test_of_trades_at_the_same_time_the_lower_offset_comes_first():
    candle = a_candle([a_trade(1, price=1), a_trade(1, price=2)], [a_trade(1, price=3)])

    assert (candle.open, candle.close) == (1, 3)


def test_a_trade_without_a_side_counts_in_volume_alone():
    candle = a_candle(
        [a_trade(volume=2), a_trade(volume=3, side="s"), a_trade(volume=5, side=None)]
    )

    assert (candle.volume, candle.buy_volume, candle.sell_volume) == (10, 2, 3)
    assert candle.imbalance == pytest.approx((2 - 3) / (2 + 3))


def test_vwap_weighs_prices_by_volume():
    candle = a_candle([a_trade(price=10, volume=3), a_trade(price=20, volume=1)])

    assert candle.vwap == 12.5


def test_without_volume_there_is_no_vwap_and_no_imbalance():
    candle = a_candle([a_trade(volume=0.0)])

    assert (candle.vwap, candle.imbalance, candle.volume, candle.trades) == (None, None, 0, 1)


def test_realised_volatility_sums_squared_returns_from_sample_to_sample():
    # Samples of five seconds: the last trade of each counts, the first return is from the open.
    candle = a_candle([a_trade(0, price=100), a_trade(4, price=110), a_trade(21, price=121)])

    assert candle.realised_volatility == pytest.approx(math.sqrt(2) * math.log(1.1))


def test_a_single_trade_has_no_volatility():
    assert a_candle([a_trade()]).realised_volatility is None


def test_a_longer_candle_samples_at_longer_intervals():
    candle = a_candle(
        [a_trade(0, price=1), a_trade(20, price=2), a_trade(299, price=3)], size_s=300
    )

    assert len(candle.samples) == SAMPLES
    assert [place for place, sample in enumerate(candle.samples) if sample] == [0, 11]
    assert candle.samples[0] == (START_S + 20, 2)


trades = st.lists(
    st.builds(
        a_trade,
        # No two at the same time: of those, the order of arrival tells.
        at_s=st.integers(0, 2999).map(lambda number: number / 10),
        price=st.floats(0.01, 1e6),
        volume=st.floats(0, 1e4),
        side=st.sampled_from(["b", "s", None]),
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda trade: trade.event_time_s,
)


@given(trades, st.randoms(use_true_random=False), st.integers(1, 25))
def test_batches_and_order_change_no_bit(trades, chance, size):
    shuffled = trades[:]
    chance.shuffle(shuffled)
    batches = [shuffled[at : at + size] for at in range(0, len(shuffled), size)]

    assert a_candle(*batches, size_s=300) == a_candle(trades, size_s=300)


@given(trades)
def test_five_minutes_from_trades_read_minute_by_minute_are_those_read_at_once(trades):
    minutes = {}
    for trade in trades:
        minutes.setdefault(trade.event_time_s // 60, []).append(trade)

    assert a_candle(*minutes.values(), size_s=300) == a_candle(trades, size_s=300)


def test_metrics_without_terms_have_no_value():
    assert metrics.vwap(0, 0) is None
    assert metrics.imbalance(0, 0) is None
    assert metrics.realised_volatility([1.0]) is None
    assert metrics.quoted_spread(0, 0) is None
    assert metrics.sentiment_change(0.5, None) is None
