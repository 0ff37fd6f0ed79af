"""Explaining a value: its records fold again to the same, or what differs is named."""

import pytest

from cryptoviz.candle import Candle
from cryptoviz.inspection.provenance import Found, differences, fold, kind_of
from cryptoviz.records import Trade
from cryptoviz.sentiment import SentimentWindow
from cryptoviz.settings import load

TRADES = [Trade("BTC/USD", 10.0 + n, 1.5, "b", 5.0 + n) for n in range(4)]


def found(records):
    return [Found(0, offset, b"", record) for offset, record in enumerate(records)]


def a_candle(trades):
    candle = Candle(pair="BTC/USD", window_start=0, window_end=60)
    for offset, trade in enumerate(trades):
        candle.merge(Candle.summarise([trade]))
        candle.note_source("0", offset, 1, trade.event_time_s)
    return candle


def test_the_same_records_in_one_batch_make_the_same_value():
    candle = a_candle(TRADES)

    assert differences(candle, fold(candle, found(TRADES))) == []


def test_a_record_that_is_missing_shows_in_the_fields_that_it_changed():
    candle = a_candle(TRADES)

    different = differences(candle, fold(candle, found(TRADES[:-1])))

    assert "close is 13.0, folded again it is 12.0" in different
    assert not any(sentence.startswith(("open ", "revision ")) for sentence in different)


def test_what_a_sentiment_window_says_of_the_one_before_is_not_compared():
    window = SentimentWindow(
        crypto_symbol="BTC", window_start=0, window_end=300, previous_score=0.3
    )

    assert differences(window, fold(window, [])) == []


@pytest.mark.parametrize(
    ("table", "topic"),
    [("candles", "rawtrade"), ("candles_5m", "rawtrade"), ("prices_10m", "rawticker"),
     ("sentiment", "rawarticle")],
)  # fmt: skip
def test_a_windowed_table_has_its_source_topic(table, topic):
    assert kind_of(table, load({})).topic == topic


@pytest.mark.parametrize("table", ["instruments", "alerts", "sentiment_skill", "predictions"])
def test_other_tables_are_not_explained(table):
    assert kind_of(table, load({})) is None
