"""What the keys of a table are made of, as its name tells: the fields of its rows, by ``|``."""

from __future__ import annotations

from cryptoviz.inspection.table_name import parted

_SUBJECTS = {"candles": "pair", "prices": "pair", "sentiment": "crypto_symbol"}
_PLAIN = {
    "alerts": "pair",
    "crypto_configuration": "symbol",
    "forecasters": "pair",
    "instruments": "pair|topic|partition",
    "moods": "crypto_symbol",
    "predictions": "pair|target_time|horizon",
    "score_hours": "pair|start",
    "scores": "pair",
    "sentiment_skill": "crypto_symbol|pair",
    "visualization_parameters": "name",
}


def is_windowed(table: str) -> bool:
    """Return whether the rows of *table* are windows."""
    return parted(table)[0] in _SUBJECTS


def key_of(table: str) -> str:
    """Return what a key of *table* is made of; of a table that is not known, ``name``.

    Keys of windows of other than the usual size end with it, in seconds.
    """
    stem, size_s = parted(table)
    if stem not in _SUBJECTS:
        return _PLAIN.get(stem, "name")
    size = "" if size_s is None else f"|{size_s}"
    return f"{_SUBJECTS[stem]}|window_start{size}"
