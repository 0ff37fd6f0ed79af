"""Scores equal an independent recomputation, whatever the order and however often they are told."""

import json
import math
import random

import msgspec
import pytest

from cryptoviz.prediction.ledger import Hour, Ledger
from cryptoviz.prediction.scoring import direction_accuracy, skill
from cryptoviz.prediction.sums import Sums, interval_score
from tests import forecast_oracle
from tests.forecasts import Book, emissions, regime_windows

CLOSES = regime_windows(500)
PRICES = {"BTC/USD": {close.window_end: close.last for close in CLOSES}}


@pytest.fixture(scope="module")
def told():
    """Return the outcomes of 500 windows, as (offset of the log, forecast)."""
    book = Book()
    book.fold(*emissions(CLOSES))
    return book.outcomes


class Hours:
    """The rows of hours, and a ledger that may forget all but them."""

    def __init__(self):
        self.rows, self.ledger = {}, None

    def read(self, start):
        value = self.rows.get(start)
        return None if value is None else msgspec.json.decode(value, type=Hour)

    def forget(self, newest):
        self.ledger = Ledger("BTC/USD", self.read, newest)

    def fold(self, offset, *forecasts):
        if self.ledger is None:
            self.forget(forecasts[0].target_time)
        for row in self.ledger.fold(forecasts, offset):
            self.rows[row.start] = msgspec.json.encode(row)

    def scores(self):
        return {(one.model, one.horizon, one.period): one for one in self.ledger.scores().scores}


def folded(told):
    hours = Hours()
    for offset, forecast in grouped(told).items():
        hours.fold(offset, *forecast)
    return hours


def grouped(told):
    groups = {}
    for offset, forecast in told:
        groups.setdefault(offset, []).append(forecast)
    return groups


def test_scores_are_those_of_an_independent_recomputation(told):
    rows = [json.loads(msgspec.json.encode(forecast)) for _, forecast in told]
    expected = forecast_oracle.scores(rows, PRICES)
    found = folded(told).scores()

    assert {("BTC/USD", *place) for place in found} == expected.keys()
    for (_, *place), values in expected.items():
        for name, value in values.items():
            got = getattr(found[tuple(place)], name)
            if value is None:
                assert got is None
            else:
                assert math.isclose(got, value, rel_tol=1e-9, abs_tol=1e-9), (place, name)


def test_a_day_is_part_of_a_week(told):
    found = folded(told).scores()

    assert found["holt", 300, "24h"].count < 24 * 12 + 1
    assert found["holt", 300, "7d"].count == len([1 for _, one in told if one.horizon == 300])


def test_what_a_row_holds_is_not_counted_again(told):
    hours, expected = Hours(), folded(told)
    for offset, forecasts in grouped(told).items():
        hours.fold(offset, *forecasts)
        hours.fold(offset, *forecasts)

    assert hours.rows == expected.rows
    assert hours.scores() == expected.scores()


def test_a_ledger_made_anew_from_its_rows_is_the_same(told):
    chance, hours, expected = random.Random(4), Hours(), folded(told)
    for offset, forecasts in grouped(told).items():
        hours.fold(offset, *forecasts)
        if chance.random() < 0.1:
            # A time that is hours behind is good enough.
            hours.forget(forecasts[0].target_time - chance.choice((0, 3_600, 90_000)))
    hours.forget(told[-1][1].target_time)

    assert hours.scores() == expected.scores()
    assert hours.ledger.errors == expected.ledger.errors


def test_the_order_of_outcomes_does_not_matter(told):
    shuffled = [forecast for _, forecast in told]
    random.Random(5).shuffle(shuffled)
    hours = Hours()
    for offset, forecast in enumerate(shuffled):
        hours.fold(offset, forecast)

    assert hours.scores() == folded(told).scores()


def test_after_a_silence_of_a_month_nothing_old_counts(told):
    hours = folded(told[:600])
    late = msgspec.structs.replace(
        told[-1][1], target_time=told[-1][1].target_time + 30 * 86_400, horizon=300
    )

    hours.fold(10**9, late)

    assert {one.count for one in hours.scores().values()} == {1}
    assert len(hours.ledger.errors) == 1


def test_skill_is_negative_for_a_model_that_is_worse_than_the_last_price():
    naive, worse = Sums(count=2, error=100), Sums(count=2, error=150)

    assert skill(worse, naive) == -0.5
    assert skill(naive, naive) == 0.0
    assert skill(naive, Sums(count=2, error=0)) is None


def test_a_model_that_never_leaves_the_last_price_has_no_direction():
    assert direction_accuracy(Sums(count=3)) is None


@pytest.mark.parametrize(
    ("actual", "expected"), [(95.0, 10.0), (90.0, 10.0), (89.0, 30.0), (102.0, 50.0)]
)
def test_an_interval_pays_its_width_and_twenty_times_its_miss(actual, expected):
    assert interval_score(90.0, 100.0, actual, level=0.9) == pytest.approx(expected)
