"""What may keep a page of history, and for how long."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from cryptoviz.timescale.page import Page
from tests.a_request import a_request, asked
from web import candles, score_history
from web.pages import Asked, paged
from web.queries import HistoryQuery
from web.rows_here import span_of

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def ago(time):
    return (datetime.now(UTC) - time).isoformat()


def kept(headers):
    return "max-age=3600" in headers.get("Cache-Control", "")


def a_page(objects, end_ago):
    query = HistoryQuery(date_debut=ago(end_ago + HOUR), date_fin=ago(end_ago))
    return paged(Asked(a_request(), query, {}), Page(objects, 1, None))


def test_rows_that_nothing_changes_any_more_may_be_kept():
    assert kept(a_page(b'{"final":true}', 2 * DAY).headers)
    assert kept(a_page(b'{"last":1.0}', 2 * DAY).headers)


def test_a_page_of_the_last_minutes_is_not_kept():
    assert not kept(a_page(b'{"final":true}', timedelta(seconds=30)).headers)


def test_a_page_with_a_row_that_may_change_is_not_kept_however_old_it_is():
    assert not kept(a_page(b'{"final":true},{"final":false}', 2 * DAY).headers)


@pytest.fixture
def a_known_pair(monkeypatch):
    async def read(*_):
        return [], False

    async def known_pair(_):
        return True

    monkeypatch.setattr(candles, "read", read)
    monkeypatch.setattr(candles, "known", lambda _: None)
    monkeypatch.setattr(candles, "known_pair", known_pair)


@pytest.mark.parametrize(
    ("interval", "end_ago", "is_kept"),
    [("1d", HOUR, False), ("1d", 23 * HOUR, False), ("1d", 25 * HOUR, True), ("1m", HOUR, True)],
)
async def test_candles_may_be_kept_when_the_last_one_that_begins_in_the_range_is_over(
    a_known_pair, interval, end_ago, is_kept
):
    asked_for = {"interval": interval, "date_debut": ago(3 * DAY), "date_fin": ago(end_ago)}

    response = await asked(candles.candle_history, match={"pair": "BTC/USD"}, **asked_for)

    assert (response.status, kept(response.headers)) == (200, is_kept)


@pytest.mark.parametrize(("end_ago", "is_final"), [(HOUR, False), (25 * HOUR, True)])
def test_scores_may_be_kept_when_the_last_day_of_the_range_is_over(end_ago, is_final):
    query = HistoryQuery(date_debut=ago(3 * DAY), date_fin=ago(end_ago))

    assert score_history._of_days(Asked(a_request(), query, {})).is_final is is_final


async def test_a_cursor_from_before_the_range_leads_to_an_empty_page(monkeypatch):
    async def windows(table, _pair, _limit, window):
        span_of(table, window)
        return []

    async def stored(*_):
        return [], False

    async def known_pair(_):
        return True

    monkeypatch.setattr(candles, "windows", windows)
    monkeypatch.setattr(candles, "_stored", stored)
    monkeypatch.setattr(candles, "known", lambda _: None)
    monkeypatch.setattr(candles, "known_pair", known_pair)
    query = {"date_debut": ago(HOUR), "date_fin": ago(HOUR / 2), "cursor": ago(DAY)}

    response = await asked(candles.candle_history, match={"pair": "BTC/USD"}, **query)

    assert (response.status, json.loads(response.body)["data"]) == (200, [])
