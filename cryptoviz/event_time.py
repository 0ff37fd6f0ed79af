"""Read the time at which something happened at its venue: Unix time in seconds.

Producers send seconds, milliseconds, microseconds or nanoseconds; the number of digits before the
point tells which. A time is believed when it is neither older than Bitcoin nor far ahead of its
record's timestamp in Kafka, which is the broker's clock or, where topics say CreateTime, the
producer's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

EARLIEST_S = 1_230_940_800.0  # 2009-01-03T00:00:00Z, the day of Bitcoin's first block
FUTURE_TOLERANCE_S = 3600.0

# (least, first beyond, units in a second): numbers of 13, 16 and 19 digits, and at most 10.
_UNITS = ((0.0, 1e10, 1.0), (1e12, 1e13, 1e3), (1e15, 1e16, 1e6), (1e18, 1e19, 1e9))
_TIME_AT_END = re.compile(r"_([0-9]{10}|[0-9]{13}|[0-9]{16}|[0-9]{19})\Z")


class TimeError(ValueError):
    """A time is not to be believed; the message completes "<field> must ..."."""


def in_seconds(number: float) -> float:
    """Return Unix time in seconds, from *number* in s, ms, µs or ns; raises `TimeError`."""
    for least, beyond, units_per_s in _UNITS:
        if least <= number < beyond:
            return number / units_per_s
    raise TimeError("be Unix time of at most 10 digits (s), or 13 (ms), 16 (µs) or 19 (ns)")


def believed(number: float, kafka_timestamp_ms: int) -> float:
    """Return *number* in seconds if it lies in [2009-01-03, Kafka timestamp + 1 h].

    A negative *kafka_timestamp_ms* means that the record has none: then nothing is too late.
    Raises `TimeError` for any other time.
    """
    time_s = in_seconds(number)
    if time_s < EARLIEST_S:
        raise TimeError("not lie before 2009-01-03")
    if kafka_timestamp_ms >= 0 and time_s > kafka_timestamp_ms / 1000.0 + FUTURE_TOLERANCE_S:
        raise TimeError(
            f"lie at most 1 h after the record's Kafka timestamp, {kafka_timestamp_ms} ms"
        )
    return time_s


def all_believed(numbers: list[float], kafka_timestamps_ms: Sequence[int]) -> list[float]:
    """Return what `believed` does of each of *numbers*, none of them NaN; raises `TimeError`."""
    if numbers and min(numbers) >= EARLIEST_S:
        # The least timestamp is negative if any record has none.
        latest_s = min(kafka_timestamps_ms) / 1000.0 + FUTURE_TOLERANCE_S
        if max(numbers) <= latest_s:
            return numbers
    return list(map(believed, numbers, kafka_timestamps_ms))


def at_end_of(identifier: str) -> float | None:
    """Return the number that ends *identifier* after an underscore, if its digits are a time's.

    The unit is still open: `cointelegraph_1764313285` has 1764313285, `story_2024` has none.
    """
    found = _TIME_AT_END.search(identifier)
    return float(found[1]) if found else None
