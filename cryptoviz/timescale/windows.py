"""Windows as rows of the result tables."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptoviz.sentiment import SentimentWindow
from cryptoviz.timescale.raw_table import Row


def sentiment_row(window: SentimentWindow) -> Row:
    """Return *window* as a row of sentiment_data, its time being the window's end."""
    size_s = window.window_end - window.window_start
    return (
        datetime.fromtimestamp(window.window_end, UTC),
        window.crypto_symbol,
        window.score,
        window.label,
        f"articles_{size_s // 60}min",
        window.confidence,
        datetime.fromtimestamp(window.window_start, UTC),
        window.count,
        window.positive,
        window.neutral,
        window.negative,
        window.revision,
        window.final,
    )
