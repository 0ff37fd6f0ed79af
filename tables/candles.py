"""The tables of candles: one-minute ones in `candles`, others in `candles_5m` and so on."""

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.candle import Candle
from cryptoviz.settings import current
from tables.late import send_late
from tables.sizes import key_suffix, label, table_name
from tables.windowed import WindowedTable

USUAL_S = 60


def _table(size_s: int) -> WindowedTable[Candle]:
    return WindowedTable(
        app,
        table_name("candles", size_s, USUAL_S),
        Candle,
        subject="pair",
        source=topics.trades.get_topic_name(),
        size_s=size_s,
        suffix=key_suffix(size_s, USUAL_S),
        group_s=USUAL_S,
        expected=topics.expected_sources(topics.trades),
        settings=current(),
        results=topics.CANDLES,
        on_late=send_late,
        help=f"Candles of {label(size_s)} per pair, from trades.",
    )


# Ascending by size, so the first is that of one minute. All fold the trades themselves.
all_candles = [_table(size_s) for size_s in current().candle_sizes]
candles = all_candles[0]
