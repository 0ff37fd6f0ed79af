import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz.watermark import Watermark
from cryptoviz.window import Window, decode_key, encode_key, window_start

START_S = 1_764_310_200


@pytest.mark.parametrize(
    ("event_time_s", "start_s"),
    [(START_S, START_S), (START_S + 299.999, START_S), (START_S + 300, START_S + 300)],
)
def test_windows_are_half_open(event_time_s, start_s):
    assert window_start(event_time_s, 300) == start_s


@given(st.floats(0, 4e9), st.sampled_from([1, 60, 300, 3600, 86_400]))
def test_every_time_lies_in_its_window(event_time_s, size_s):
    start_s = window_start(event_time_s, size_s)

    assert start_s % size_s == 0
    assert start_s <= event_time_s < start_s + size_s


@pytest.mark.parametrize(("suffix", "key"), [("", b"BTC/USD|60"), ("|300", b"BTC/USD|60|300")])
def test_a_key_names_subject_start_and_unusual_size(suffix, key):
    assert encode_key("BTC/USD", 60, suffix) == key
    assert decode_key(key) == ("BTC/USD", 60)


def test_a_source_never_goes_back():
    window = Window(window_start=0, window_end=60)

    window.note_source("0", 7, 2, 30.0)
    window.note_source("0", 5, 1, 20.0)

    assert (window.offsets, window.event_times, window.revision) == ({"0": 7}, {"0": 30.0}, 3)


def a_watermark(expected=()):
    return Watermark(lateness_s=600, idle_timeout_s=60, now_s=1000, expected=expected)


def test_before_any_record_nothing_is_late():
    assert a_watermark().value(1000) == -math.inf


def test_the_watermark_trails_the_highest_event_time_by_the_lateness():
    watermark = a_watermark()

    watermark.observe("0", 5000, now_s=1000)
    watermark.observe("0", 4000, now_s=1001)

    assert watermark.value(1001) == 4400
    assert watermark.stream_time("0") == 5000


def test_the_slowest_source_decides():
    watermark = a_watermark()

    watermark.observe("0", 5000, now_s=1000)
    watermark.observe("1", 3000, now_s=1000)

    assert watermark.value(1000) == 2400


def test_an_expected_source_holds_back_until_it_has_been_silent_for_the_idle_timeout():
    watermark = a_watermark(expected=("0", "1"))

    watermark.observe("0", 5000, now_s=1059)

    assert watermark.value(1059) == -math.inf
    assert watermark.value(1060) == 4400


def test_a_silent_source_no_longer_holds_back():
    watermark = a_watermark()
    watermark.observe("0", 3000, now_s=1000)

    watermark.observe("1", 5000, now_s=1060)

    assert watermark.value(1060) == 4400


def test_a_silent_source_finds_its_rows_for_ten_minutes():
    watermark = a_watermark(expected=("0", "1"))
    watermark.observe("1", 90_000, now_s=1000)
    watermark.observe("1", 95_000, now_s=1599)

    assert watermark.value(1100) == 94_400
    assert watermark.expired_until(1599, retention_s=86_400) == -math.inf
    assert watermark.expired_until(1600, retention_s=86_400) == 8_000


def test_when_all_are_silent_the_furthest_counts():
    watermark = a_watermark()
    watermark.observe("0", 3000, now_s=1000)
    watermark.observe("1", 5000, now_s=1000)

    assert watermark.value(5000) == 4400


def test_a_quiet_market_is_complete_up_to_wall_time():
    watermark = a_watermark()
    watermark.observe("0", 900, now_s=1000)

    assert watermark.complete_until(1659) == 300
    assert watermark.complete_until(1660) == 1660


def test_restored_stream_times_are_silent_from_the_beginning_on():
    watermark = a_watermark()

    watermark.restore({"0": 5000.0})

    assert watermark.value(1000) == 4400
    assert watermark.complete_until(1660) == 4400
    assert watermark.complete_until(6000) == 6000
