"""The table of price windows, five minutes long unless the settings say otherwise."""

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.price import PriceWindow
from cryptoviz.settings import current
from tables.late import send_late
from tables.sizes import key_suffix, label, table_name
from tables.windowed import WindowedTable

USUAL_S = 300
_size_s = current().price_size

prices = WindowedTable(
    app,
    table_name("prices", _size_s, USUAL_S),
    PriceWindow,
    subject="pair",
    source=topics.tickers.get_topic_name(),
    size_s=_size_s,
    suffix=key_suffix(_size_s, USUAL_S),
    expected=topics.expected_sources(topics.tickers),
    settings=current(),
    results=topics.PRICES,
    on_late=send_late,
    help=f"Price statistics of {label(_size_s)} per pair, from tickers.",
)
