"""The tracked quantile: wider after a miss, narrower after a hit, right in the long run."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz.prediction.conformal import LEARNING_RATE, QuantileTracker


def covered_share(scores, level=0.9):
    tracker, covered = QuantileTracker.of(level), 0
    for score in scores:
        covered += score <= tracker.multiplier
        tracker.learn(score > tracker.multiplier, level)
    return covered / len(scores), tracker


def test_a_miss_widens_and_nine_hits_narrow_as_much():
    tracker = QuantileTracker(1.0)

    tracker.learn(True, 0.9)
    assert tracker.multiplier == pytest.approx(1.0 + 0.9 * LEARNING_RATE)
    for _ in range(9):
        tracker.learn(False, 0.9)

    assert tracker.multiplier == pytest.approx(1.0)


def test_it_begins_as_if_returns_were_normal():
    assert QuantileTracker.of(0.9).multiplier == pytest.approx(1.6449, abs=1e-4)


def test_it_follows_scores_that_grow_fourfold():
    chance = random.Random(1)
    scores = [abs(chance.gauss(0, 1 if n // 1_000 % 2 else 4)) for n in range(10_000)]

    share, _ = covered_share(scores)

    assert share == pytest.approx(0.9, abs=0.01)


@given(st.lists(st.floats(0.0, 5.0), min_size=200, max_size=600), st.sampled_from((0.5, 0.9)))
def test_whatever_the_scores_the_share_of_misses_is_bounded(scores, level):
    share, tracker = covered_share(scores, level)

    # Proposition 1: the misses add up to what the multiplier has moved; it stays in [0, 5 + η].
    bound = (5.0 + LEARNING_RATE) / (LEARNING_RATE * len(scores))
    assert share >= level - bound
    assert 0.0 <= tracker.multiplier <= 5.0 + LEARNING_RATE
