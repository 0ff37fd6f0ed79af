"""The table of five-minute sentiment windows."""

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.sentiment import SentimentWindow
from cryptoviz.settings import current
from tables.late import send_late
from tables.windowed import WindowedTable

sentiment = WindowedTable(
    app,
    "sentiment",
    SentimentWindow,
    subject="crypto_symbol",
    size_s=300,
    settings=current(),
    results=topics.sentiment,
    on_late=send_late,
    help="Five-minute sentiment per crypto, from the articles that mention it.",
)
