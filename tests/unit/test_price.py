import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz.price import PriceWindow
from cryptoviz.records import Ticker

START_S = 1_764_310_200


def a_ticker(at_s=0.0, last=100.0, bid=None, ask=None):
    return Ticker("BTC/USD", last, bid, ask, None, START_S + at_s)


def a_window(*batches):
    window = PriceWindow(pair="BTC/USD", window_start=START_S, window_end=START_S + 300)
    for batch in batches:
        window.merge(PriceWindow.summarise(batch))
    return window


def test_the_moments_are_those_of_all_prices():
    prices = [100.0, 101.5, 99.25, 107.0]

    window = a_window([a_ticker(last=price) for price in prices])

    assert window.mean == statistics.fmean(prices)
    assert window.std == pytest.approx(statistics.pstdev(prices))
    assert (window.min, window.max, window.count) == (99.25, 107.0, 4)


def test_first_and_last_are_by_event_time():
    window = a_window([a_ticker(20, last=2), a_ticker(10, last=1)], [a_ticker(5, last=9)])

    assert (window.first, window.last) == (9, 2)


def test_the_spread_is_the_mean_over_tickers_that_have_both_sides():
    window = a_window([a_ticker(bid=99, ask=101), a_ticker(bid=99, ask=103), a_ticker(bid=99)])

    assert (window.mean_spread, window.spreads) == (3.0, 2)


def test_without_bid_and_ask_there_is_no_spread():
    assert a_window([a_ticker()]).mean_spread is None


def test_huge_prices_that_differ_little_keep_their_deviation():
    window = a_window([a_ticker(last=1e9), a_ticker(last=1e9 + 0.001)])

    assert window.std == pytest.approx(0.0005, rel=1e-3)


tickers = st.lists(
    st.builds(
        a_ticker,
        at_s=st.integers(0, 2999).map(lambda number: number / 10),
        last=st.floats(1e-6, 1e9),
        bid=st.one_of(st.none(), st.floats(1e-6, 1e9)),
        ask=st.one_of(st.none(), st.floats(1e-6, 1e9)),
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda ticker: ticker.event_time_s,
)


@given(tickers, st.randoms(use_true_random=False), st.integers(1, 25))
def test_batches_and_order_change_no_bit(tickers, chance, size):
    shuffled = tickers[:]
    chance.shuffle(shuffled)

    batches = [shuffled[at : at + size] for at in range(0, len(shuffled), size)]

    assert a_window(*batches) == a_window(tickers)
