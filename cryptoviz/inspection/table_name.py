"""Names of tables, which end with the size of their windows where it is not the usual one."""

from __future__ import annotations

import re
from collections.abc import Collection

from cryptoviz.settings import Settings

_SIZED = re.compile(r"^(?P<stem>.+)_(?P<count>[0-9]+)(?P<unit>[smhd])$")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_USUAL_S = {"candles": 60}


def parted(table: str) -> tuple[str, int | None]:
    """Return *table* without its size, and that in seconds: ``candles_5m`` is (candles, 300)."""
    sized = _SIZED.match(table)
    if sized is None:
        return table, None
    return sized["stem"], int(sized["count"]) * _UNITS_S[sized["unit"]]


def size_of(table: str) -> int:
    """Return the seconds of a window of *table*, by the full name that its worker gives it."""
    stem, size_s = parted(table)
    return _USUAL_S.get(stem, 300) if size_s is None else size_s


def resolved(table: str, names: Collection[str], settings: Settings) -> str | None:
    """Return which of *names* is meant by *table*, which may lack a size that *settings* say.

    None if none is, as a worker sees it (web/live_rows.py).
    """
    sizes_s = {settings.price_size, settings.sentiment_size}
    meant = [
        name
        for name in names
        if name == table or (parted(name)[0] == table and parted(name)[1] in sizes_s)
    ]
    return min(meant, key=len, default=None)


def asked_size_of(table: str, settings: Settings) -> int:
    """Return the seconds of a window of *table*, whose name may lack the size that is set."""
    stem, size_s = parted(table)
    set_s = {"prices": settings.price_size, "sentiment": settings.sentiment_size}
    return size_of(table) if size_s is not None else set_s.get(stem, size_of(table))
