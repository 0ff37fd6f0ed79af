"""What is accepted as a record never stops a fold, and what it leads to can be read again."""

import json
from itertools import pairwise

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cryptoviz.candle import Candle
from cryptoviz.prediction.sums import sums_of, total
from cryptoviz.price import PriceWindow
from cryptoviz.records import Code, Rules, Ticker, Trade, decoder_for
from cryptoviz.records.fields import LARGEST, SMALLEST
from tests.forecasts import Book, emissions, window_of
from tests.reading import Raw

T_S = 1_764_310_291
START_S = T_S // 60 * 60
READ = {kind: decoder_for(kind, Rules()) for kind in (Ticker, Trade)}

prices = st.lists(
    st.sampled_from([SMALLEST, LARGEST, 1.0]) | st.floats(SMALLEST, LARGEST), min_size=2, max_size=5
)
sizes = st.sampled_from([0.0, 5e-324, LARGEST]) | st.floats(0.0, LARGEST)


def message(number, **fields):
    return Raw(json.dumps({"pair": "BTC/USD", "timestamp": T_S + number, **fields}).encode())


def read_again(window):
    return msgspec.json.decode(msgspec.json.encode(window), type=type(window))


@given(prices, sizes)
@example([SMALLEST, LARGEST], LARGEST)
def test_candles_of_any_prices_and_sizes_can_be_folded_and_read_again(chosen, size):
    raw = [message(n, price=price, volume=size) for n, price in enumerate(chosen)]
    candle = Candle(pair="BTC/USD", window_start=START_S, window_end=START_S + 60)

    candle.merge(Candle.summarise(READ[Trade](raw).records))

    assert candle.trades == len(chosen)
    assert read_again(candle) == candle


@given(prices, sizes)
@example([SMALLEST, LARGEST], LARGEST)
def test_prices_of_any_tickers_can_be_folded_and_read_again(chosen, size):
    raw = [
        message(n, last=price, bid=SMALLEST, ask=LARGEST, volume_24h=size)
        for n, price in enumerate(chosen)
    ]
    window = PriceWindow(pair="BTC/USD", window_start=START_S, window_end=START_S + 300)

    window.merge(PriceWindow.summarise(READ[Ticker](raw).records))

    assert window.count == len(chosen)
    assert read_again(window) == window


@given(prices)
@example([SMALLEST, LARGEST, SMALLEST])
@example([LARGEST, SMALLEST, LARGEST])
def test_predictions_from_any_prices_can_be_made_scored_and_read_again(chosen):
    book = Book()
    closes = [window_of(n, [one, other]) for n, (one, other) in enumerate(pairwise(chosen * 4))]

    told = book.fold(*emissions(closes))

    for forecast in told:
        assert read_again(forecast) == forecast
    scored = total(sums for one in told if one.actual for sums in sums_of(one).values())
    assert scored.count
    assert read_again(scored) == scored


@pytest.mark.parametrize("text", ["1.1e30", "1e200", "-1e31", "1e-31", "5e-324"])
@pytest.mark.parametrize("as_text", [False, True])
def test_a_price_that_no_market_has_is_out_of_range(text, as_text):
    sent = f'"{text}"' if as_text else text
    value = f'{{"pair":"BTC/USD","last":{sent},"timestamp":{T_S}}}'.encode()

    (rejected,) = READ[Ticker]([Raw(value)]).rejected

    assert rejected.code == Code.OUT_OF_RANGE
    assert rejected.reason.startswith("last must be ")
