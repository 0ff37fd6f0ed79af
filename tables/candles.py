"""The table of one-minute candles."""

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.candle import Candle
from cryptoviz.settings import current
from tables.late import send_late
from tables.windowed import WindowedTable

candles = WindowedTable(
    app,
    "candles",
    Candle,
    subject="pair",
    size_s=60,
    settings=current(),
    results=topics.candles,
    on_late=send_late,
    help="One-minute candles per pair, from trades.",
)
