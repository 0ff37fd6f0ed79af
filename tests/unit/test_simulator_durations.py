"""Durations, times and fractions as they are typed."""

import pytest

from cryptoviz.simulator.durations import duration_s, fraction, since_s

NOW_S = 1_764_310_291.0


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7_200), ("7d", 604_800)]
)
def test_a_duration_is_a_number_and_a_unit(text, seconds):
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "2w", "-1h", "2 h", "1e3", "٣h"])
def test_another_duration_is_refused_by_its_text(text):
    with pytest.raises(ValueError, match="must be a duration") as refusal:
        duration_s(text)
    assert repr(text) in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "since"),
    [("2h", NOW_S - 7_200), ("2025-11-28T06:11:31Z", NOW_S), ("2025-11-28T06:11:31", NOW_S),
     ("2025-11-28T07:11:31+01:00", NOW_S), ("2025-11-28", 1_764_288_000.0)],
)  # fmt: skip
def test_a_past_time_is_iso_8601_in_utc_or_a_duration_ago(text, since):
    assert since_s(text, NOW_S) == since


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "2025-11-28T06:11:32Z"])
def test_a_time_that_is_none_or_in_the_future_is_refused(text):
    with pytest.raises(ValueError, match=text):
        since_s(text, NOW_S)


@pytest.mark.parametrize("text", ["1.1", "-0.1", "nan", "half", ""])
def test_a_fraction_outside_0_to_1_is_refused(text):
    with pytest.raises(ValueError, match="must be a fraction from 0 to 1"):
        fraction(text)
