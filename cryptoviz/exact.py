"""Sums of floats that do not depend on the order of their terms.

Floating-point addition is not associative, so a plain running sum would differ in its last
bits with batch sizes, late records and replays. Here a term is an integer multiple of 2**-72,
which holds any double of at least 2**-20 (about 1e-6) exactly; smaller ones are truncated
towards zero. Integers add exactly, and one correctly rounded division makes the float again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

BITS = 72
ONE = 1 << BITS
_SCALE = float(ONE)


def units(values: Iterable[float]) -> list[int]:
    """Return *values* as integer multiples of 2**-72. They must be finite."""
    values = list(values)
    try:
        return [int(value * _SCALE) for value in values]
    except OverflowError:  # A term above 1e286, whose product is infinite.
        return [int(value) << BITS for value in values]


def quotient(numerator: int, denominator: int) -> float:
    """Return numerator / denominator, correctly rounded, and the largest float on overflow."""
    try:
        return numerator / denominator
    except OverflowError:
        return sys.float_info.max


def mean(total: int, count: int) -> float:
    """Return the mean of *count* terms whose units add up to *total*."""
    return quotient(total, count * ONE)


def variance(total: int, total_of_squares: int, count: int) -> float:
    """Return the population variance, E[x²] − E[x]², without cancellation.

    *total* is in units of 2**-72, *total_of_squares* (of the units' squares) in 2**-144.
    """
    return quotient(count * total_of_squares - total * total, (count * ONE) ** 2)
