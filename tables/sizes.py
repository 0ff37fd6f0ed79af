"""What the tables of windows of other than the usual size are called."""

from __future__ import annotations

_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def label(size_s: int) -> str:
    """Return *size_s* in the longest unit that divides it: 300 is ``5m``, 86400 is ``1d``."""
    unit_s, unit = next(unit for unit in _UNITS if size_s % unit[0] == 0)
    return f"{size_s // unit_s}{unit}"


def table_name(name: str, size_s: int, usual_s: int) -> str:
    """Return *name* for windows of the usual size, else with the size: ``candles_5m``.

    A changed size is another table, so rows of two sizes never share one.
    """
    return name if size_s == usual_s else f"{name}_{label(size_s)}"


def key_suffix(size_s: int, usual_s: int) -> str:
    """Return what ends the keys of such a table, for all sizes share one results topic."""
    return "" if size_s == usual_s else f"|{size_s}"
