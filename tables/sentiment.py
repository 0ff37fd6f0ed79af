"""The table of sentiment windows, five minutes long unless the settings say otherwise."""

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.sentiment import SentimentWindow
from cryptoviz.settings import current
from tables.late import send_late
from tables.sizes import key_suffix, label, table_name
from tables.windowed import WindowedTable

USUAL_S = 300
_size_s = current().sentiment_size

sentiment = WindowedTable(
    app,
    table_name("sentiment", _size_s, USUAL_S),
    SentimentWindow,
    subject="crypto_symbol",
    source=topics.mentions.get_topic_name(),
    size_s=_size_s,
    suffix=key_suffix(_size_s, USUAL_S),
    expected=topics.expected_sources(topics.mentions),
    settings=current(),
    results=topics.SENTIMENT,
    on_late=send_late,
    help=f"Sentiment of {label(_size_s)} per crypto, from the articles that mention it.",
)
