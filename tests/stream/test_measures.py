"""`/metrics` tells what was counted: words of articles, and pairs split over partitions."""

import pytest

from agents import rawarticle
from cryptoviz import tally, topics
from cryptoviz.records import Article
from tables import instruments
from tables.instruments import Instrument
from web.measures import Outcomes


@pytest.fixture(autouse=True)
def from_nothing(monkeypatch):
    for counter in (tally.words, tally.misplaced):
        counter.clear()
    monkeypatch.setattr(instruments, "everything", list)
    monkeypatch.setattr(instruments, "_reported", set())


def told(name):
    """Return the samples of a counter by their labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in Outcomes().collect()
        for sample in family.samples
        if sample.name == name
    }


def test_words_that_are_no_tracked_crypto_are_a_total_however_many_there_are(monkeypatch):
    sent = []
    monkeypatch.setattr(topics.mentions_out, "send_soon", lambda **what: sent.append(what["key"]))
    assert told("cryptoviz_words_total") == {("other",): 0, ("tracked",): 0}

    for number in range(50):
        words = ("BTC", "ETH", f"WORD{number}", f"OTHER{number}", "NOBODY")
        article = Article(f"u{number}", None, None, "a.com", None, words, 0.5, "neutral", 1.0)
        rawarticle._split(article, 0, number)

    assert told("cryptoviz_words_total") == {("other",): 150, ("tracked",): 100}
    assert sent == [b"BTC", b"ETH"] * 50


def test_a_pair_that_is_split_over_partitions_is_counted_once_for_its_topic(monkeypatch):
    def places(pair, topic, *partitions):
        return [Instrument(pair, topic, partition, 0.0, 100.0) for partition in partitions]

    rows = [
        *places("BTC/USD", "rawtrade", 0, 2),
        *places("ETH/USD", "rawtrade", 1),
        *places("ETH/USD", "rawticker", 1),
    ]
    monkeypatch.setattr(instruments, "everything", lambda: rows)
    name = "cryptoviz_misplaced_pairs_total"
    assert told(name) == {("rawticker",): 0, ("rawtrade",): 0}

    instruments.report_misplaced()
    instruments.report_misplaced()

    assert told(name) == {("rawticker",): 0, ("rawtrade",): 1}
