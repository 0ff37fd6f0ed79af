"""The table of alerts: the last hundred of each pair, however often a worker dies."""

from operator import attrgetter

import pytest

from cryptoviz.parts import Part
from cryptoviz.records import Alert
from tables import alerts
from tables.rows import Rows
from tests.stream.lives import START_S, Kafka, Life

PAIRS = ("BTC/USD", "ETH/USD")
SENT = 240


@pytest.fixture
def kafka():
    return Kafka()


@pytest.fixture
async def begin(tmp_path, kafka, monkeypatch):
    """Return a function that begins a worker's next life, with the table of alerts in it."""
    lives = []

    def end(lose_directory=False):
        databases = alerts.rows.table.data._dbs
        while databases:
            databases.popitem()[1].close()
        lives[-1].die(lose_directory)

    async def next_life(lose_directory=False):
        if lives:
            end(lose_directory)
        lives.append(Life(tmp_path / "worker", kafka))
        rows = Rows(lives[-1].app, "alerts", help="Alerts of a test.")
        monkeypatch.setattr(alerts, "rows", rows)
        await lives[-1].begin()
        for topic, key, value in kafka.taken if lose_directory else ():
            assert topic == "lives-alerts-changelog"
            rows.table.data._db_for_partition(0).put(key, value)
        return lives[-1]

    yield next_life
    end()


def read(first, count=SENT):
    """Fold *count* alerts from the offset *first* on, of each pair by turns."""
    numbers = range(first, min(first + count, SENT))
    records = [
        Alert(PAIRS[number % 2], 1.0 + number, -1.5, 1.0, float(START_S + number))
        for number in numbers
    ]
    alerts.update(0, [Part(0, records, list(numbers), attrgetter("pair"))])


def lasts(row):
    return [alert["last"] for alert in row["alerts"]]


async def test_each_pair_keeps_its_last_hundred_newest_first(begin, kafka):
    life = await begin()
    for first in range(0, SENT, 30):
        read(first, 30)
    life.acknowledge()

    rows = kafka.changelog()
    assert rows.keys() == {pair.encode() for pair in PAIRS}
    for number, pair in enumerate(PAIRS):
        newest = SENT - 2 + number
        assert lasts(rows[pair.encode()]) == [1.0 + newest - 2 * place for place in range(100)]


@pytest.mark.parametrize("taken", range(9))
@pytest.mark.parametrize("lose_directory", [False, True])
async def test_a_death_after_any_send_adds_no_alert_twice(begin, kafka, taken, lose_directory):
    life = await begin()
    for first in range(0, 40, 10):
        read(first, 10)
    life.acknowledge(taken)

    # Nothing was committed, so all is read again, in other batches.
    life = await begin(lose_directory)
    for first in range(0, 60, 15):
        read(first, 15)
    life.acknowledge()

    for number, pair in enumerate(PAIRS):
        row = kafka.changelog()[pair.encode()]
        assert lasts(row) == [59.0 + number - 2 * place for place in range(30)]
        assert row["offsets"] == {"0": 58 + number}
