"""What the tables of predictions keep, and for how long."""

from cryptoviz.prediction.forecaster import Forecaster
from tables import predictions

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
