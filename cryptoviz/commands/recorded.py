"""A recorded message: its key and its own time, found in its JSON."""

from __future__ import annotations

import math
from typing import Any

import orjson

from cryptoviz.settings import Settings

TIME_FIELDS = ("timestamp", "published_at", "scraped_at")

# Unix times of 13, 16 and 19 digits are milliseconds, microseconds and nanoseconds.
SUBSECOND_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))


def parse(line: bytes) -> Any:
    """Return the JSON of *line*. Raises `ValueError` if it is none."""
    return orjson.loads(line)


def key_of(record: Any, field: str | None) -> bytes | None:
    """Return *field* of *record* as a Kafka key; None if it has no text or number there."""
    value = record.get(field) if field is not None and isinstance(record, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).encode()


def time_of(record: Any) -> float | None:
    """Return the Unix seconds at which *record* says it happened; None if it does not say."""
    if not isinstance(record, dict):
        return None
    for field in TIME_FIELDS:
        time_s = _unix_seconds(record.get(field))
        if time_s is not None:
            return time_s
    return None


def usual_key_field(topic: str, settings: Settings) -> str | None:
    """Return the field by which producers key *topic*; None for a topic that is no input."""
    if topic == settings.topic_rawarticle:
        return "website"
    inputs = (settings.topic_rawticker, settings.topic_rawtrade, settings.topic_rawalert)
    return "pair" if topic in inputs else None


def _unix_seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if not 0.0 < number < math.inf:
        return None
    for least, units_per_s in SUBSECOND_UNITS:
        if number >= least:
            return number / units_per_s
    return number
