"""Which rows `cryptoviz inspect` picks: keys, windows, conditions, order."""

import json

import msgspec
import pytest

from cryptoviz.inspection.selection import (
    Condition,
    Selection,
    Span,
    condition,
    one_window,
    span,
    spellings,
    unknown_field,
)
from cryptoviz.inspection.view import TableRow, order
from cryptoviz.pair import QUOTES


def a_row(key, **value):
    return TableRow(key=key, partition=0, value=msgspec.Raw(json.dumps(value).encode()))


ROWS = [
    a_row("BTC/USD|120", final=False, trades=5, offsets={"0": 9}),
    a_row("BTC/USD|60", final=True, trades=7, offsets={"0": 4}),
    a_row("ETH/USD|60|300", final=True, trades=2, offsets={"1": 4}),
]


def keys(selection, rows=ROWS):
    return [row.key for row in selection.of(rows)]


def test_all_rows_come_by_subject_with_the_newest_window_first():
    shuffled = [ROWS[1], ROWS[2], ROWS[0]]

    assert keys(Selection(), shuffled) == ["BTC/USD|120", "BTC/USD|60", "ETH/USD|60|300"]


def test_latest_is_the_newest_window_of_each_subject():
    assert keys(Selection(span=span("latest"))) == ["BTC/USD|120", "ETH/USD|60|300"]


def test_a_key_is_a_subject_or_the_key_of_one_row():
    assert keys(Selection(subjects=("BTC/USD",))) == ["BTC/USD|120", "BTC/USD|60"]
    assert keys(Selection(subjects=("BTC/USD|60",))) == ["BTC/USD|60"]


def test_a_key_is_what_any_row_begins_with():
    rows = [a_row("BTC/USD|rawtrade|0"), a_row("BTC|BTC/USD"), a_row("BTC/USDT|rawtrade|1")]

    assert keys(Selection(subjects=("BTC/USD",)), rows) == ["BTC/USD|rawtrade|0"]
    assert keys(Selection(subjects=("BTC",)), rows) == ["BTC|BTC/USD"]
    assert keys(Selection(subjects=("BTC|BTC/USD",)), rows) == ["BTC|BTC/USD"]


def test_a_pair_may_be_spelled_as_producers_spell_it():
    assert "BTC/USD" in spellings("xbt-usd", QUOTES)
    assert "BTC" in spellings("btc", QUOTES)


def test_a_range_of_windows_leaves_its_end_out():
    assert keys(Selection(span=span("60..120"))) == ["BTC/USD|60", "ETH/USD|60|300"]
    assert keys(Selection(span=span("120.."))) == ["BTC/USD|120"]
    assert keys(Selection(span=span("..61"))) == ["BTC/USD|60", "ETH/USD|60|300"]


def test_a_time_may_be_written_for_people():
    assert (
        span("2026-11-24T10:00")
        == span("2026-11-24T10:00:00+00:00")
        == Span(1795514400, 1795514401)
    )


def test_final_leaves_out_what_may_still_change():
    assert keys(Selection(final=True)) == ["BTC/USD|60", "ETH/USD|60|300"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("trades>=5", ["BTC/USD|120", "BTC/USD|60"]),
        ("trades<5", ["ETH/USD|60|300"]),
        ("trades=7", ["BTC/USD|60"]),
        ("trades!=7", ["BTC/USD|120", "ETH/USD|60|300"]),
        ("final=true", ["BTC/USD|60", "ETH/USD|60|300"]),
        ("offsets.0 > 5", ["BTC/USD|120"]),
        ("trades>many", []),
    ],
)
def test_a_condition_compares_a_field_of_the_value(text, found):
    assert keys(Selection(conditions=(condition(text),))) == found


def test_the_limit_is_of_rows_that_are_wanted():
    assert keys(Selection(final=True, limit=1)) == ["BTC/USD|60"]


@pytest.mark.parametrize("text", ["tomorrow", "5..5", "9..1", "", "..x", "latest.."])
def test_a_window_that_is_none_is_refused_with_its_text(text):
    with pytest.raises(ValueError, match=r"^window must .*was '"):
        span(text)


@pytest.mark.parametrize("text", ["60..120", "..", "..60"])
def test_one_window_is_no_range(text):
    assert one_window("latest") == span("latest")
    assert one_window("60") == span("60")
    with pytest.raises(ValueError, match=f"^window must be latest or one start, was {text!r}"):
        one_window(text)


def test_a_condition_that_is_none_is_refused_with_its_text():
    with pytest.raises(ValueError, match="was 'trades'"):
        condition("trades")


def test_a_value_that_is_no_json_is_text_however_deep_it_goes():
    deep = "[" * 5_000

    assert condition(f"a={deep}") == Condition("a", "=", deep)


def test_a_field_that_no_row_has_is_named():
    assert unknown_field([Condition("price", ">", 1)], ROWS) == "price"
    assert unknown_field([Condition("offsets.7", ">", 1)], ROWS) is None
    assert unknown_field([Condition("price", ">", 1)], []) is None


def test_a_field_that_one_row_has_is_known():
    rows = [a_row("BTC", deleted=True), a_row("ETH", symbol="ETH", is_active=False)]

    assert unknown_field([Condition("is_active", "=", False)], rows) is None
    assert unknown_field([Condition("symbol", "=", ""), Condition("name", "=", "")], rows) == "name"
    assert keys(Selection(conditions=(condition("is_active=false"),)), rows) == ["ETH"]


def test_keys_are_ordered_by_their_start_as_a_number():
    assert sorted(["B|1000", "B|60", "A", "B|60|300"], key=order) == [
        "A",
        "B|60",
        "B|60|300",
        "B|1000",
    ]


def test_rows_of_one_subject_and_time_are_all_its_latest():
    rows = [a_row("BTC/USD|60|300"), a_row("BTC/USD|120|300"), a_row("BTC/USD|120|3600")]

    assert keys(Selection(span=span("latest")), rows) == ["BTC/USD|120|300", "BTC/USD|120|3600"]
