import json

import pytest

from cryptoviz.records import Code, Rules
from cryptoviz.records.rejection import RejectionError
from cryptoviz.records.ticker import Ticker, reader
from tests.reading import read_one

T_S = 1_764_310_291
MISSING = object()
PLAIN_RULES = Rules()


def a_message(**changes):
    message = {
        "pair": "BTC/USD",
        "last": 34000.12,
        "bid": 33990.0,
        "ask": 34010.0,
        "volume_24h": 1200.5,
        "timestamp": T_S,
    } | changes
    return json.dumps({k: v for k, v in message.items() if v is not MISSING}).encode()


def read(value, kafka_timestamp_ms=T_S * 1000, rules=PLAIN_RULES):
    return read_one(Ticker, value, kafka_timestamp_ms, rules)


def rejection_of(value, **kafka):
    with pytest.raises(RejectionError) as caught:
        read(value, **kafka)
    return caught.value.code, caught.value.reason


def test_a_ticker_is_read_with_all_its_fields():
    assert read(a_message()) == Ticker("BTC/USD", 34000.12, 33990.0, 34010.0, 1200.5, T_S)


def test_last_may_lie_outside_bid_and_ask():
    assert read(a_message(last=40000)).last == 40000


@pytest.mark.parametrize("field", ["bid", "ask", "volume_24h"])
@pytest.mark.parametrize("value", [None, MISSING, "null"])
def test_bid_ask_and_volume_may_be_null_or_missing(field, value):
    assert getattr(read(a_message(**{field: value})), field) is None


def test_null_as_text_is_null_also_in_a_message_that_must_be_mended():
    assert read(a_message(last=" 1 ", bid="null")) == read(a_message(last=1, bid=None))


def test_a_volume_of_zero_is_kept():
    assert read(a_message(volume_24h=0)).volume_24h == 0


@pytest.mark.parametrize(
    ("sent", "number"),
    [("34000.12", 34000.12), (" 1 ", 1), ("+1.5e3", 1500), ("1E-8", 1e-8), (".5", 0.5), ("7.", 7)],
)
def test_numbers_may_be_text_and_in_scientific_notation(sent, number):
    assert read(a_message(last=sent, bid=sent)).last == number


def test_a_number_may_be_in_scientific_notation():
    assert read(a_message().replace(b"34000.12", b"3.4e4")).last == 34000


@pytest.mark.parametrize("pair", ["BTC-USD", "btc_usd", "XBT/USD", "XXBTZUSD"])
def test_pairs_are_normalised(pair):
    assert read(a_message(pair=pair)).pair == "BTC/USD"


def test_a_pair_without_separator_is_split_by_the_quotes_of_the_rules():
    assert read(a_message(pair="BTCMXN"), rules=Rules(quotes=("MXN",))).pair == "BTC/MXN"
    code, reason = rejection_of(a_message(pair="BTCMXN"))
    assert code == Code.BAD_PAIR
    assert "'BTCMXN'" in reason


@pytest.mark.parametrize(
    "sent", [T_S, T_S * 10**3, T_S * 10**6, T_S * 10**9, str(T_S), str(T_S * 1000), f"{T_S}.0"]
)
def test_times_are_seconds_milliseconds_microseconds_or_nanoseconds_also_as_text(sent):
    assert read(a_message(timestamp=sent)).event_time_s == T_S


def test_a_time_may_have_a_fraction():
    assert read(a_message(timestamp=T_S + 0.25)).event_time_s == T_S + 0.25


@pytest.mark.parametrize("sent", [T_S + 3601, (T_S + 3601) * 1000, 1_000_000_000, 0, -T_S, 1e11])
def test_a_time_in_the_future_before_bitcoin_or_of_unknown_unit_is_rejected(sent):
    code, reason = rejection_of(a_message(timestamp=sent))

    assert code == Code.BAD_TIME
    assert reason.startswith("timestamp must ")
    assert reason.endswith(f", was {json.dumps(sent)}")


def test_without_a_kafka_timestamp_the_future_is_not_checked():
    late = a_message(timestamp=T_S + 999_999)

    assert read(late, kafka_timestamp_ms=-1).event_time_s == T_S + 999_999


@pytest.mark.parametrize("field", ["last", "bid", "ask"])
@pytest.mark.parametrize("sent", [0, -1, -0.0, "0", "-3.5"])
def test_a_price_must_be_above_zero(field, sent):
    assert rejection_of(a_message(**{field: sent})) == (
        Code.OUT_OF_RANGE,
        f"{field} must be a finite number above 0, was {json.dumps(sent)}",
    )


def test_a_volume_must_not_be_negative():
    assert rejection_of(a_message(volume_24h=-0.1)) == (
        Code.OUT_OF_RANGE,
        "volume_24h must be a finite number of at least 0, was -0.1",
    )


@pytest.mark.parametrize("field", ["last", "bid", "ask", "volume_24h", "timestamp"])
@pytest.mark.parametrize(
    "sent", ["NaN", "Infinity", "-Infinity", '"nan"', '"inf"', '"-Infinity"', "1e999", '"1e999"']
)
def test_what_is_not_finite_is_rejected_by_the_name_of_its_field(field, sent):
    value = a_message(**{field: "?"}).replace(b'"?"', sent.encode())

    code, reason = rejection_of(value)

    assert code == Code.OUT_OF_RANGE
    assert reason.startswith(f"{field} must be a finite number")
    assert reason.endswith(f", was {sent}")


@pytest.mark.parametrize("field", ["last", "bid", "timestamp"])
@pytest.mark.parametrize("sent", [True, False, [1], {"a": 1}, "", "12abc", "1_000", "0x10", "١"])
def test_what_is_no_number_is_rejected(field, sent):
    code, reason = rejection_of(a_message(**{field: sent}))

    assert code == Code.WRONG_TYPE
    assert reason.startswith(f"{field} must be a number, was ")


@pytest.mark.parametrize("field", ["pair", "last", "timestamp"])
@pytest.mark.parametrize("sent", [MISSING, None])
def test_pair_last_and_timestamp_must_be_there(field, sent):
    was = "missing" if sent is MISSING else "null"

    assert rejection_of(a_message(**{field: sent})) == (
        Code.MISSING_FIELD,
        f"{field} must be there, was {was}",
    )


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, Code.EMPTY_VALUE),
        (b"", Code.EMPTY_VALUE),
        (b" \n", Code.EMPTY_VALUE),
        (b"hello", Code.NOT_JSON),
        (b'{"pair":"BTC/USD"', Code.NOT_JSON),
        (b"\xef\xbb\xbf" + a_message(), Code.NOT_JSON),
        (b"\xff\xfe\x00", Code.NOT_JSON),
        (a_message() + a_message(), Code.NOT_JSON),
        (a_message(pair="\ud800/USD"), Code.NOT_JSON),
        (a_message().replace(b"BTC", b"B\nC"), Code.NOT_JSON),
        (b"[" + a_message() + b"]", Code.NOT_AN_OBJECT),
        (b"null", Code.NOT_AN_OBJECT),
        (b"7", Code.NOT_AN_OBJECT),
        (a_message().replace(b"BTC", b"BT\xff"), Code.NOT_UTF8),
        (a_message(pair=7), Code.WRONG_TYPE),
        (a_message(pair="btcusd!"), Code.BAD_PAIR),
        (a_message(pair="BTC|X/USD"), Code.BAD_PAIR),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", Code.TOO_DEEP),
        (b'{"x":' * 100_000, Code.TOO_DEEP),
    ],
)
def test_each_kind_of_broken_message_has_its_code(value, code):
    assert rejection_of(value)[0] == code


def test_fields_that_are_not_read_may_hold_anything_that_is_json():
    value = a_message(extra={"deep": [1, None, "x"]}, sequence=2**80)

    assert read(value) == read(a_message())


def test_of_a_field_sent_twice_the_last_counts_however_the_message_is_read():
    value = a_message().replace(b'"bid"', b'"last": 5, "bid"')

    assert read(value).last == reader(Rules())(value, T_S * 1000).last == 5


def test_integers_beyond_64_bits_are_numbers():
    assert read(a_message(last=2**70)).last == 2.0**70
