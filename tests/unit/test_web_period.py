"""The stretch of time of a query: its defaults, its bounds, and errors that name the value."""

from datetime import UTC, datetime, timedelta

import pytest

from cryptoviz.period import PeriodError, period

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_without_parameters_it_is_the_period_before_now():
    found = period("24h", None, None, NOW)

    assert (found.start, found.end, found.reaches_now) == (NOW - timedelta(days=1), NOW, True)


def test_an_end_without_a_zone_is_utc_and_does_not_reach_now():
    found = period("1h", None, "2026-03-01T10:00:00", NOW)

    assert found.end == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert found.start == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert not found.reaches_now


def test_a_plus_that_arrives_as_a_space_is_a_zone():
    assert period("1h", None, "2026-03-01T10:00:00 02:00", NOW).end.hour == 8


@pytest.mark.parametrize(
    ("start", "end", "parameter"),
    [
        ("soon", None, "date_debut"),
        (None, "2026-13-01", "date_fin"),
        (None, "0001-01-01", "date_fin"),
        ("2026-03-03", "2026-03-01", "date_debut"),
        (None, "9999-12-31T23:59:59-23:00", "date_fin"),
    ],
)
def test_an_error_names_the_parameter_and_its_value(start, end, parameter):
    with pytest.raises(PeriodError, match=parameter) as caught:
        period("1h", start, end, NOW)

    assert caught.value.parameter == parameter
    assert caught.value.value in (start, end)
