"""Pages of history as a client follows them, of a database that lacks what is not stored yet."""

import json
import random
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from cryptoviz.feeds.cursor import Cursor
from cryptoviz.timescale import cursor as cursors
from cryptoviz.timescale.page import Page, begin
from tests.a_request import asked
from web import candles, laid_over, overlay, pages, prediction_history, sentiment_history
from web import score_history as score_views

LIMITS = (1, 7, 40, 1000)
SIZE_S = 300
NOW_S = int(datetime.now(UTC).timestamp()) // SIZE_S * SIZE_S


class Stored:
    """What the sink has written of *rows*, a page at a time, as the database answers."""

    def __init__(self, order, rows):
        self.order, self.rows = order, rows

    async def page(self, _pool, _subject, start, end, limit, cursor=None, *_, **__):
        time, ties = begin(self.order, end, cursor)
        found = [row for row in self.rows if (start,) <= place(self.order, row) < (time, *ties)]
        found.sort(key=lambda row: place(self.order, row), reverse=True)
        shown, more = found[:limit], None
        if len(found) > limit:
            time, *ties = place(self.order, shown[-1])
            more = cursors.encode(self.order.name, time, ties)
        return Page(json.dumps(shown)[1:-1].encode(), len(shown), more)


def place(order, row):
    return datetime.fromisoformat(row["timestamp"]), *(row[tie] for tie in order.ties)


def some(rows, seed):
    """Return which of *rows* the sink has come to."""
    chance = random.Random(seed)
    return [row for row in rows if chance.random() < 0.5]


@pytest.fixture
def worker(monkeypatch):
    """A worker that is ready, has a database and whose streams begin anywhere."""

    async def pool():
        return None

    async def stream_start(_):
        return Cursor()

    monkeypatch.setattr(pages, "pool", pool)
    monkeypatch.setattr(overlay, "stream_start", stream_start)
    monkeypatch.setattr(prediction_history, "known_table", lambda table: table)
    for module in (candles, sentiment_history, score_views, laid_over):
        monkeypatch.setattr(module, "known", lambda table: table)


async def all_pages(view, path, match, order, **query):
    """Return the rows of the first page and of all that follow, each in its order."""
    rows, query = [], {name: str(value) for name, value in query.items()}
    while True:
        response = await asked(view, path, match, **query)
        told = json.loads(response.body)
        assert response.status == 200, told
        rows += told["data"]
        assert told["count"] == len(told["data"]) <= int(query["limit"])
        if not told["next"]:
            places = [place(order, row) for row in rows]
            assert places == sorted(set(places), reverse=True)
            return rows
        query = dict(parse_qsl(urlsplit(told["next"]).query))


def expected(order, rows):
    return sorted((place(order, row) for row in rows), reverse=True)


def within(span, start):
    low, _, high = span.partition("..")
    return int(low) <= start < int(high)
