"""Intervals cover what they say, on prices whose volatility changes by a factor of four."""

from collections import defaultdict

import pytest

from cryptoviz.prediction.forecaster import Forecaster
from tests.forecasts import TERMS, Book, emissions, regime_windows

BLOCK = 1_000
PLACES = [(model, horizon) for model in Forecaster.models for horizon in TERMS.horizons]


@pytest.fixture(scope="module")
def outcomes():
    """Return for each model and horizon, in order, (interval covers, raw interval covers)."""
    book, found = Book(), defaultdict(list)
    book.fold(*emissions(regime_windows()))
    for _, forecast in book.outcomes:
        for one in forecast.predictions:
            found[one.model, forecast.horizon].append(
                (
                    one.low <= forecast.actual <= one.high,
                    one.raw_low <= forecast.actual <= one.raw_high,
                )
            )
    return found


@pytest.mark.parametrize(("model", "horizon"), PLACES)
def test_ninety_percent_intervals_cover_ninety_percent(outcomes, model, horizon):
    covered = [calibrated for calibrated, _ in outcomes[model, horizon]]

    assert len(covered) > 4_900
    assert sum(covered) / len(covered) == pytest.approx(0.9, abs=0.01)
    for start in range(0, len(covered) - BLOCK + 1, BLOCK):
        assert sum(covered[start : start + BLOCK]) / BLOCK >= 0.85


def test_the_seeds_raw_interval_does_not(outcomes):
    raw = [raw for _, raw in outcomes["moving_average", 300]]

    assert 0.2 < sum(raw) / len(raw) < 0.44
