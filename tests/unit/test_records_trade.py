import json
import math

import pytest

from cryptoviz.records import Code, Rules
from cryptoviz.records.rejection import RejectionError
from cryptoviz.records.trade import Trade
from tests.reading import read_one

T_S = 1_764_310_292
MISSING = object()


def a_message(**changes):
    message = {
        "pair": "ETH/USD",
        "price": 2400.5,
        "volume": 2.1,
        "timestamp": T_S,
        "side": "b",
    } | changes
    return json.dumps({k: v for k, v in message.items() if v is not MISSING}).encode()


def read(**changes):
    return read_one(Trade, a_message(**changes), T_S * 1000, Rules())


def rejection_of(**changes):
    with pytest.raises(RejectionError) as caught:
        read(**changes)
    return caught.value.code, caught.value.reason


def test_a_trade_is_read_with_all_its_fields():
    assert read() == Trade("ETH/USD", 2400.5, 2.1, "b", T_S)


@pytest.mark.parametrize(
    ("sent", "side"),
    [("b", "b"), ("B", "b"), ("buy", "b"), ("Buy", "b"), ("s", "s"), ("S", "s"), ("SELL", "s")],
)
def test_a_side_is_buy_or_sell_in_any_case(sent, side):
    assert read(side=sent).side == side


@pytest.mark.parametrize("sent", [None, MISSING, "null"])
def test_a_side_that_is_not_known_is_none(sent):
    assert read(side=sent) == Trade("ETH/USD", 2400.5, 2.1, None, T_S)


@pytest.mark.parametrize("sent", ["", "x", "bid", "sell!"])
def test_any_other_side_is_rejected(sent):
    assert rejection_of(side=sent) == (
        Code.BAD_SIDE,
        f"side must be b, s, buy or sell, was {json.dumps(sent)}",
    )


@pytest.mark.parametrize("sent", [1, True, ["b"]])
def test_a_side_that_is_no_text_is_rejected(sent):
    assert rejection_of(side=sent)[0] == Code.WRONG_TYPE


@pytest.mark.parametrize("side", [None, MISSING, "null"])
@pytest.mark.parametrize("volume", [-2.5, "-2.5"])
def test_a_negative_volume_without_side_is_a_sell_of_that_size(side, volume):
    assert read(side=side, volume=volume) == Trade("ETH/USD", 2400.5, 2.5, "s", T_S)


@pytest.mark.parametrize("side", ["b", "s", "sell"])
def test_a_negative_volume_with_a_side_is_rejected(side):
    assert rejection_of(side=side, volume=-2.5) == (
        Code.OUT_OF_RANGE,
        "volume must be a finite number of at least 0, was -2.5",
    )


@pytest.mark.parametrize("side", ["b", None])
@pytest.mark.parametrize("volume", [0, "0", -0.0])
def test_a_trade_of_volume_zero_is_kept(side, volume):
    trade = read(side=side, volume=volume)

    assert (trade.volume, trade.side) == (0, side)
    assert math.copysign(1, trade.volume) == 1


def test_a_price_must_be_above_zero():
    assert rejection_of(price=0) == (
        Code.OUT_OF_RANGE,
        "price must be a finite number above 0, was 0",
    )


@pytest.mark.parametrize("field", ["pair", "price", "volume", "timestamp"])
@pytest.mark.parametrize("sent", [None, MISSING])
def test_all_but_the_side_must_be_there(field, sent):
    code, reason = rejection_of(**{field: sent})

    assert code == Code.MISSING_FIELD
    assert reason.startswith(f"{field} must be there")


def test_text_numbers_and_millisecond_times_give_the_same_trade():
    mended = read(price="2.4005e3", volume="2.1", timestamp=str(T_S * 1000), pair="eth-usd")

    assert mended == read()
