"""The application reads the simulated market as it was meant: good is good, broken is broken."""

import itertools
from dataclasses import dataclass

import pytest

from cryptoviz.records import Alert, Article, Rules, Ticker, Trade, decoder_for
from cryptoviz.simulator import Market
from cryptoviz.simulator.malformed import BROKEN_BYTES, BROKEN_FIELDS, malform_as

START_S = 1_764_310_291.0
RECORDS = {"ticker": Ticker, "trade": Trade, "article": Article, "alert": Alert}
EVERY_BREAK = [
    (kind, name) for kind, breaks in BROKEN_FIELDS.items() for name in [*BROKEN_BYTES, *breaks]
]


@dataclass
class Raw:
    value: bytes
    timestamp: int
    offset: int = 0


@pytest.fixture(scope="module")
def messages():
    market = Market(seed=1, start_s=START_S, alert_threshold_percent=0.02)
    return list(itertools.islice(market, 5_000))


def decode(kind, values):
    raw = [Raw(value, round(START_S * 1_000)) for value in values]
    return decoder_for(RECORDS[kind], Rules())(raw)


@pytest.mark.parametrize("kind", RECORDS)
def test_every_good_message_is_a_record(messages, kind):
    values = [message.value for message in messages if message.kind == kind]

    decoded = decode(kind, values)

    assert decoded.rejected == []
    assert len(decoded.records) == len(values) > 0


@pytest.mark.parametrize(("kind", "name"), EVERY_BREAK)
def test_every_malformed_message_is_rejected(messages, kind, name):
    good = next(message.value for message in messages if message.kind == kind)

    decoded = decode(kind, [malform_as(kind, good, name)])

    assert len(decoded.rejected) == 1
