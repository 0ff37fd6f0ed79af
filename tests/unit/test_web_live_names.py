"""Which table is meant by a name in a path."""

from types import SimpleNamespace

import pytest

from cryptoviz.app import app
from web import live_rows
from web.answers import Refusal


@pytest.fixture(autouse=True)
def tables(monkeypatch):
    """Tables whose windows of prices are not of the usual size."""
    windowed = dict.fromkeys(("candles", "candles_5m", "prices_1m", "sentiment"))
    monkeypatch.setattr(live_rows.registry, "windowed", lambda: windowed)
    monkeypatch.setattr(
        live_rows.registry, "plain", lambda: {"scores_1m": None, "score_hours_1m": None}
    )
    settings = SimpleNamespace(price_size=60, sentiment_size=300)
    monkeypatch.setattr(live_rows, "current", lambda: settings)
    monkeypatch.setattr(app.tables, "actives_ready", True)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("prices", "prices_1m"),
        ("prices_1m", "prices_1m"),
        ("scores", "scores_1m"),
        ("candles", "candles"),
        ("sentiment", "sentiment"),
    ],
)
def test_a_name_may_leave_out_the_size(asked, meant):
    assert live_rows.known(asked) == meant


@pytest.mark.parametrize("asked", ["score", "prices_5m", "trades", ""])
def test_what_there_is_not_is_refused_with_what_there_is(asked):
    with pytest.raises(Refusal, match="prices_1m, score_hours_1m, scores_1m"):
        live_rows.known(asked)
