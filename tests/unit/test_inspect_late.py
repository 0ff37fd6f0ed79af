"""Records of the late topic are found by the window that they came too late for."""

import json
from contextlib import asynccontextmanager
from types import SimpleNamespace

import msgspec
import pytest
from click.testing import CliRunner

from cryptoviz.candle import Candle
from cryptoviz.commands.explain import explain
from cryptoviz.inspection.late import Stretch, late_records
from cryptoviz.inspection.view import TableRow
from cryptoviz.records import Trade
from cryptoviz.sentiment import Mention

WINDOW = Stretch(("BTC/USD", "BTC"), 600, 660)


class Topic:
    """A reader of one topic, whose second partition has nothing that is new enough."""

    def __init__(self, records, name="app-late"):
        self._records, self._name = records, name

    async def topics(self):
        return {self._name}

    async def partitions(self, topic):
        return [0, 1]

    async def first_since(self, topic, partition, time_s):
        return 3 if partition == 0 else None

    async def records(self, topic, since):
        assert since == {0: 3}
        yield self._records[:1]
        yield self._records[1:]


def late(record, partition, offset, table="candles"):
    headers = (
        ("table", table.encode()),
        ("partition", str(partition).encode()),
        ("offset", str(offset).encode()),
    )
    return SimpleNamespace(headers=headers, value=msgspec.json.encode(record))


def a_trade(event_time_s, pair="BTC/USD"):
    return Trade(pair, 1.0, 1.0, None, event_time_s)


async def test_those_of_the_table_the_subject_and_the_window_count_once():
    mention = Mention("BTC", "a", 0.5, "neutral", None, 610.0, 2, 9, 0.0)
    reader = Topic(
        [
            late(a_trade(600.0), 1, 7),
            late(a_trade(600.0), 1, 7),
            late(a_trade(659.9), 0, 8),
            late(a_trade(660.0), 0, 9),
            late(a_trade(599.9), 0, 10),
            late(a_trade(610.0, "ETH/USD"), 0, 11),
            late(a_trade(610.0), 0, 12, table="candles_5m"),
            late(mention, 2, 9, table="sentiment"),
        ]
    )

    assert await late_records(reader, "app-late", "candles", WINDOW) == [(0, 8), (1, 7)]
    five_minutes = WINDOW._replace(end=900)
    assert await late_records(reader, "app-late", "sentiment", five_minutes) == [(2, 9)]
    assert await late_records(reader, "app-late", "candles_5m", five_minutes) == [(0, 12)]
    assert await late_records(reader, "other-late", "candles", WINDOW) == []


async def test_a_table_may_be_asked_for_without_its_size():
    reader = Topic([late(a_trade(610.0), 0, 8, "prices_10m"), late(a_trade(610.0), 0, 9, "prices")])
    window = WINDOW._replace(end=1200)

    assert await late_records(reader, "app-late", "prices", window) == [(0, 8)]
    assert await late_records(reader, "app-late", "prices_10m", window) == [(0, 8)]


async def test_a_record_of_somebody_else_came_too_late_for_nothing():
    ours = late(a_trade(610.0), 0, 8)
    others = [late(a_trade(610.0), 0, 9 + number) for number in range(5)]
    others[0].value = None
    others[1].value = b"\xff"
    others[2].headers = ()
    others[3].headers = (("table", b"candles"), ("partition", None), ("offset", b"12"))
    others[4].headers = (("table", b"candles"), ("partition", b"0"), ("offset", b"many"))

    found = await late_records(Topic([ours, *others]), "app-late", "candles", WINDOW)

    assert found == [(0, 8)]


START = 1_764_310_200


class Kafka:
    """A reader of three trades of one window, of which one came too late for it."""

    def __init__(self, trades, late_ones):
        raw = [
            {"pair": "BTC/USD", "price": price, "volume": 1, "timestamp": START + second}
            for price, second in trades
        ]
        values = [json.dumps(each).encode() for each in raw]
        self.topics_held = {
            "rawtrade": [
                SimpleNamespace(
                    partition=0, offset=number, key=b"", value=value, timestamp=START * 1000
                )
                for number, value in enumerate(values)
            ],
            "cryptoviz-late": late_ones,
        }

    async def topics(self):
        return set(self.topics_held)

    async def partitions(self, topic):
        return [0]

    async def first_since(self, topic, partition, time_s):
        assert time_s < START
        return 0

    async def records(self, topic, since, until=None):
        yield self.topics_held[topic][: None if until is None else until[0]]


@pytest.fixture
def ask(monkeypatch):
    """Ask `cryptoviz explain` of a window that was folded from the first and the last trade."""
    trades = [(100.0, 1), (150.0, 2), (120.0, 3)]
    refused = late(a_trade(START + 2.0), 0, 1)
    candle = Candle(pair="BTC/USD", window_start=START, window_end=START + 60)
    kept = [Trade("BTC/USD", trades[at][0], 1.0, None, START + trades[at][1]) for at in (0, 2)]
    candle.merge(Candle.summarise(kept))
    candle.note_source("0", 2, 2, START + 3.0)
    row = TableRow(
        key=f"BTC/USD|{START}", partition=0, value=msgspec.Raw(msgspec.json.encode(candle))
    )

    @asynccontextmanager
    async def open_reader(settings):
        yield Kafka(trades, [refused, refused])

    async def rows(self, table, selection):
        return [row]

    monkeypatch.setattr("cryptoviz.commands.explain.open_reader", open_reader)
    monkeypatch.setattr("cryptoviz.inspection.over_http.Worker.rows", rows)
    return lambda *words: CliRunner().invoke(explain, words)


def test_explain_says_that_a_window_refused_a_record(ask):
    shown = ask("candles", "btcusd", "latest")

    assert shown.exit_code == 0, shown.output
    assert "1 records came after the table's retention and are in the late topic, from source " in (
        shown.stderr
    )
    assert "0:1; they are not in the value." in shown.stderr
    (line,) = map(json.loads, shown.stdout.splitlines())
    assert (line["first_offset"], line["last_offset"]) == (0, 2)


def test_explain_folds_again_what_was_not_refused(ask):
    shown = ask("candles", "BTC/USD", str(START), "--records")

    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert shown.exit_code == 0, shown.output
    assert [(line["offset"], line["late"]) for line in lines] == [(0, False), (1, True), (2, False)]
    assert "Equal." in shown.stderr


def test_explain_tells_of_late_records_when_the_window_is_gone(ask, monkeypatch):
    async def no_rows(self, table, selection):
        return []

    monkeypatch.setattr("cryptoviz.inspection.over_http.Worker.rows", no_rows)

    gone = ask("candles", "BTC/USD", str(START))
    never = ask("candles", "BTC/USD", str(START + 60))

    assert gone.exit_code == never.exit_code == 3
    assert "no such window of 'BTC/USD': 1 records came after" in gone.stderr
    assert never.stderr.endswith("no such window of 'BTC/USD'.\n")
