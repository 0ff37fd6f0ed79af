import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz.event_time import EARLIEST_S, TimeError, at_end_of, believed, in_seconds

NOW_S = 1_764_310_291
NOW_MS = NOW_S * 1000
NO_TIMESTAMP = -1


@pytest.mark.parametrize("units_per_s", [1, 10**3, 10**6, 10**9])
def test_the_number_of_digits_tells_the_unit(units_per_s):
    assert in_seconds(NOW_S * units_per_s) == NOW_S


def test_fractions_survive_in_every_unit():
    assert in_seconds(NOW_S + 0.25) == NOW_S + 0.25
    assert in_seconds(NOW_MS + 250) == NOW_S + 0.25
    assert in_seconds(NOW_MS + 250.5) == pytest.approx(NOW_S + 0.2505, abs=1e-6)


@pytest.mark.parametrize(
    "number", [1e10, 1e11, 9.99e11, 1e13, 1e14, 1e16, 1e17, 1e19, 1e30, -1, float("nan")]
)
def test_a_number_with_any_other_count_of_digits_is_no_time(number):
    with pytest.raises(TimeError, match="be Unix time of at most 10 digits"):
        in_seconds(number)


def test_a_time_up_to_one_hour_ahead_of_kafka_is_believed():
    assert believed(NOW_S + 3600, NOW_MS) == NOW_S + 3600


@pytest.mark.parametrize("ahead_s", [3600.5, 3601, 86_400])
def test_a_time_more_than_one_hour_ahead_of_kafka_is_not_believed(ahead_s):
    with pytest.raises(TimeError, match="at most 1 h after the record's Kafka timestamp"):
        believed(NOW_S + ahead_s, NOW_MS)


def test_without_a_kafka_timestamp_nothing_is_too_late():
    assert believed(NOW_S + 1_000_000, NO_TIMESTAMP) == NOW_S + 1_000_000


def test_times_begin_on_3_january_2009():
    assert believed(EARLIEST_S, NOW_MS) == EARLIEST_S
    with pytest.raises(TimeError, match="before 2009-01-03"):
        believed(EARLIEST_S - 1, NOW_MS)


@pytest.mark.parametrize(
    ("identifier", "number"),
    [
        ("cointelegraph_1764313285", 1764313285),
        ("https://news.example/a_1764313285123", 1764313285123),
        ("a_b_1764313285", 1764313285),
        ("1764313285", None),
        ("story_2024", None),
        ("story_17643132850", None),
        ("story_1764313285/", None),
        ("story_1764313285\n", None),
        ("", None),
    ],
)
def test_an_identifier_may_end_with_a_time(identifier, number):
    assert at_end_of(identifier) == number


@given(st.floats(), st.integers(-1, 2**62))
def test_a_believed_time_is_never_out_of_bounds(number, kafka_timestamp_ms):
    try:
        time_s = believed(number, kafka_timestamp_ms)
    except TimeError:
        return

    assert time_s >= EARLIEST_S
    assert kafka_timestamp_ms < 0 or time_s <= kafka_timestamp_ms / 1000 + 3600
