"""Pages of a table's rows: those that are asked for, in their order, and little work for each."""

import pytest

from cryptoviz.inspection.view import order
from tests.stream.lives import START_S, Kafka, Life, a_trade
from web.table_rows import Wanted, plain_here, windows_here

PAIRS = ("BTC/USD", "BTC/USDT", "ETH/USD")
WINDOWS = 7


@pytest.fixture
async def table(tmp_path):
    """A table of some windows of each pair."""
    life = await Life(tmp_path / "worker", Kafka()).begin()
    trades = [a_trade(60 * number, pair=pair) for number in range(WINDOWS) for pair in PAIRS]
    life.fold(*trades)
    yield life.table
    life.die()


def start(number):
    return START_S + 60 * number


def keys(*pairs, of=range(WINDOWS)):
    return [f"{pair}|{start(number)}" for pair in pairs for number in of]


def pages(here, table, limit, **asked):
    """Return the keys of all rows, read in pages of *limit*."""
    found, after = [], None
    while page := here(table, Wanted(**asked, after=after), limit):
        assert len(page) <= limit
        found += [row.key for row in page]
        after = order(found[-1])
    return found


@pytest.mark.parametrize("limit", [1, 4, 7, 100])
def test_pages_are_in_the_order_of_subject_and_window(table, limit):
    assert pages(windows_here, table, limit) == keys(*PAIRS)
    assert pages(plain_here, table.rows, limit) == keys(*PAIRS)


@pytest.mark.parametrize("limit", [1, 100])
def test_pages_of_one_subject_have_no_other(table, limit):
    for here, rows in ((windows_here, table), (plain_here, table.rows)):
        assert pages(here, rows, limit, subject="BTC/USD") == keys("BTC/USD")
        assert pages(here, rows, limit, subject="BTC") == []


@pytest.mark.parametrize("limit", [1, 100])
def test_windows_are_asked_for_by_their_start(table, limit):
    asked = {"low": start(2), "high": start(4)}

    for here, rows in ((windows_here, table), (plain_here, table.rows)):
        assert pages(here, rows, limit, **asked) == keys(*PAIRS, of=(2, 3))
    one = asked | {"subject": "ETH/USD", "high": start(2) + 1}
    assert pages(windows_here, table, limit, **one) == keys("ETH/USD", of=(2,))


@pytest.mark.parametrize("limit", [1, 100])
def test_the_latest_window_of_each_subject_is_asked_for(table, limit):
    newest = keys(*PAIRS, of=(WINDOWS - 1,))

    assert pages(windows_here, table, limit, latest=True) == newest
    assert pages(windows_here, table, limit, subject="BTC/USDT", latest=True) == newest[1:2]


def test_a_row_that_has_no_time_is_left_out_by_no_window(table):
    table.rows.write(0, b"XRP/USD", b"{}")

    found = plain_here(table.rows, Wanted(low=start(0), high=start(1)), 100)

    assert [row.key for row in found] == [*keys(*PAIRS, of=(0,)), "XRP/USD"]


def test_a_page_looks_at_no_more_windows_than_it_shows(table, monkeypatch):
    looked_at = []
    key_of = table.key
    monkeypatch.setattr(table, "key", lambda *where: looked_at.append(where) or key_of(*where))

    after = order(keys("BTC/USDT")[3])
    found = windows_here(table, Wanted(after=after), 5)

    assert [row.key for row in found] == [*keys("BTC/USDT")[4:], *keys("ETH/USD")[:2]]
    assert len(looked_at) == 5


def test_rows_are_found_by_their_subject_and_not_by_one_that_begins_alike(table):
    rows = table.rows
    rows.write(0, b"BTC/USD", b"the subject alone")

    found = rows.find(b"BTC/USD")

    assert found == [b"the subject alone", *(rows.read(0, key.encode()) for key in keys("BTC/USD"))]
    assert rows.find(b"BTC") == []
    assert rows.find(b"ETH/USDT") == []
