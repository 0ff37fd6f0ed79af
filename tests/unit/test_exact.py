import math
import random
import sys
from fractions import Fraction
from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz import exact

prices = st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=50)


@given(prices, st.randoms(use_true_random=False))
def test_a_sum_does_not_depend_on_the_order_of_its_terms(values, chance):
    shuffled = values[:]
    chance.shuffle(shuffled)

    assert sum(exact.units(shuffled)) == sum(exact.units(values))


@given(prices)
def test_the_mean_is_the_correctly_rounded_one(values):
    mean = sum(map(Fraction, values)) / len(values)

    assert exact.mean(sum(exact.units(values)), len(values)) == float(mean)


@given(prices)
def test_the_variance_is_that_of_fractions(values):
    terms = exact.units(values)
    mean = sum(map(Fraction, values)) / len(values)
    variance = sum((Fraction(value) - mean) ** 2 for value in values) / len(values)

    found = exact.variance(sum(terms), sum(term * term for term in terms), len(values))

    assert found == pytest.approx(float(variance), rel=1e-12, abs=1e-300)


def test_equal_values_have_no_variance_at_all():
    terms = exact.units([0.1] * 7)

    assert exact.variance(sum(terms), sum(term * term for term in terms), 7) == 0.0


def test_a_naive_sum_would_depend_on_the_order():
    values = [random.Random(1).uniform(0, 1e9) for _ in range(100)] + [1e-5] * 100

    # As sum() did before Python 3.12, which makes up for what is rounded off, though not for all.
    assert reduce(add, values) != reduce(add, reversed(values))


@pytest.mark.parametrize("value", [sys.float_info.max, 1e300])
def test_the_largest_floats_are_exact_too(value):
    assert exact.mean(sum(exact.units([value, value])), 2) == value


def test_a_sum_beyond_the_largest_float_is_the_largest_float():
    total = sum(exact.units([sys.float_info.max] * 2))

    assert exact.quotient(total, exact.ONE) == sys.float_info.max


def test_terms_too_small_for_the_unit_are_truncated():
    assert exact.units([1e-30, 5e-324]) == [0, 0]
    assert math.isclose(exact.mean(exact.units([1e-8])[0], 1), 1e-8, rel_tol=1e-13)
