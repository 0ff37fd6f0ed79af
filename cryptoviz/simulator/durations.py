"""Durations and points in time as they are typed on a command line."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

UNIT_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)", re.ASCII)


def duration_s(text: str) -> float:
    """Return the seconds of '90', '90s', '15m', '2h' or '7d'. Raises `ValueError` otherwise."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"must be a duration such as 90s, 15m, 2h or 7d, was {text!r}")
    return float(match[1]) * UNIT_S[match[2] or "s"]


def since_s(text: str, now_s: float) -> float:
    """Return the Unix seconds that *text* names: a duration before *now_s*, or an ISO-8601 time.

    A time without a zone is UTC. Raises `ValueError` for anything else, and for the future.
    """
    if _DURATION.fullmatch(text.strip()):
        return now_s - duration_s(text)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f"must be an ISO-8601 time or a duration such as 2h or 7d, was {text!r}"
        ) from None
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if since > now_s:
        raise ValueError(f"must not lie in the future, was {text!r}")
    return since


def fraction(text: str) -> float:
    """Return *text* as a number in [0, 1]. Raises `ValueError` otherwise."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"must be a fraction from 0 to 1, was {text!r}")
    return value
