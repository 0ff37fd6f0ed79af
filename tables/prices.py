"""The table of five-minute price windows."""

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.price import PriceWindow
from cryptoviz.settings import current
from tables.late import send_late
from tables.windowed import WindowedTable

prices = WindowedTable(
    app,
    "prices",
    PriceWindow,
    subject="pair",
    size_s=300,
    settings=current(),
    results=topics.prices,
    on_late=send_late,
    help="Five-minute price statistics per pair, from tickers.",
)
