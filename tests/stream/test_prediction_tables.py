"""What the tables of predictions keep, and for how long."""

from cryptoviz.prediction.forecaster import Forecaster
from cryptoviz.prediction.moods import SentimentEmission
from tables import moods, predictions

DAY_S = 86_400
END = 1_764_331_200


def test_predictions_leave_with_the_retention_each_once():
    forecaster = Forecaster(pair="BTC/USD", ended_until=END)
    assert list(predictions._expired(forecaster)) == []

    forecaster.ended_until = END + 600
    left = list(predictions._expired(forecaster))

    first = END - DAY_S
    assert left == [
        f"BTC/USD|{target}|{horizon}".encode()
        for target in (first, first + 300)
        for horizon in (300, 900, 3600)
    ]
    assert list(predictions._expired(forecaster)) == []


def test_a_pair_that_never_ended_a_window_has_nothing_to_leave():
    assert list(predictions._expired(Forecaster(pair="BTC/USD"))) == []


def test_moods_are_not_lost_to_an_echo_of_what_was_written_before(monkeypatch):
    stored = {}
    monkeypatch.setattr(moods.rows, "read", lambda partition, key: stored.get(key))
    monkeypatch.setattr(
        moods.rows, "write", lambda partition, key, value: stored.update({key: value})
    )
    monkeypatch.setattr(moods.rows, "partitions", lambda: [0])
    moods.update(0, [SentimentEmission("BTC", END, 1, 0.2)])
    echo = dict(stored)
    moods.update(0, [SentimentEmission("BTC", END + 300, 1, 0.3)])

    stored.update(echo)
    moods.update(0, [SentimentEmission("BTC", END + 600, 1, 0.4)])

    assert moods._decode(stored[b"BTC"]).scores == {END: 0.2, END + 300: 0.3, END + 600: 0.4}
    assert moods.at("BTC", END + 300) == (0.3, END + 300)
    moods._written.clear()
