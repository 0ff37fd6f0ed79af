"""Keys and times that `cryptoviz replay` finds in recorded messages."""

import pytest

from cryptoviz.commands.recorded import key_of, parse, time_of, usual_key_field
from cryptoviz.settings import load

TIME_S = 1_764_310_291.5


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ({"pair": "BTC/USD"}, b"BTC/USD"),
        ({"pair": 42}, b"42"),
        ({"pair": ""}, b""),
        ({"pair": None}, None),
        ({"pair": True}, None),
        ({"pair": ["BTC"]}, None),
        ({}, None),
        (["pair"], None),
        (None, None),
    ],
)
def test_a_key_is_a_text_or_a_number_in_the_field(record, key):
    assert key_of(record, "pair") == key


def test_without_a_field_there_is_no_key():
    assert key_of({"pair": "BTC/USD"}, None) is None


@pytest.mark.parametrize(
    "value",
    [TIME_S, "1764310291.5", 1_764_310_291_500, 1_764_310_291_500_000, 1_764_310_291_500_000_000],
)
def test_a_time_in_smaller_units_or_as_text_is_in_seconds(value):
    assert time_of({"timestamp": value}) == TIME_S


def test_the_time_of_an_article_is_that_of_its_publication():
    assert time_of({"scraped_at": TIME_S + 60, "published_at": TIME_S}) == TIME_S


@pytest.mark.parametrize(
    "record", [{}, {"timestamp": "soon"}, {"timestamp": True}, {"timestamp": -1}, [], None]
)
def test_a_record_without_a_time_has_none(record):
    assert time_of(record) is None


def test_topics_are_keyed_as_their_producers_key_them():
    settings = load({"TOPIC_RAWTRADE": "deals"})

    assert usual_key_field("deals", settings) == "pair"
    assert usual_key_field("rawticker", settings) == "pair"
    assert usual_key_field("rawalert", settings) == "pair"
    assert usual_key_field("rawarticle", settings) == "website"
    assert usual_key_field("rawtrade", settings) is None


def test_a_line_that_is_not_json_is_refused():
    with pytest.raises(ValueError, match="unexpected"):
        parse(b"{nothing}")
