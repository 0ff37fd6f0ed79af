"""Tables are found by their names, with the size of their windows or without it."""

import pytest
from click.testing import CliRunner

from cryptoviz.app import app
from cryptoviz.commands.inspect import inspect
from cryptoviz.inspection.table_name import asked_size_of, resolved, size_of
from cryptoviz.inspection.tables_known import USUAL
from cryptoviz.settings import load
from tests.stores import a_store
from web import registry
from web.topic_channels import PRIVATE

NAMES = ("candles", "candles_5m", "candles_10m", "prices_10m", "sentiment", "sentiment_skill_10m")


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("candles", "candles"),
        ("candles_5m", "candles_5m"),
        ("prices", "prices_10m"),
        ("prices_10m", "prices_10m"),
        ("sentiment", "sentiment"),
        ("sentiment_skill", "sentiment_skill_10m"),
        ("alerts", None),
        ("prices_5m", None),
    ],
)
def test_the_size_that_is_set_may_be_left_out(table, name):
    settings = load({"PRICE_SIZE": "600", "PREDICTION_HORIZONS": "600"})

    assert resolved(table, NAMES, settings) == name


def test_a_size_that_is_not_set_may_not():
    assert resolved("prices", NAMES, load({})) is None


@pytest.mark.parametrize(
    ("table", "size_s"),
    [("candles", 60), ("candles_5m", 300), ("candles_1d", 86_400), ("prices", 300),
     ("sentiment_90s", 90)],
)  # fmt: skip
def test_the_size_of_a_window_is_in_the_name_of_its_table(table, size_s):
    assert size_of(table) == size_s


def test_the_size_of_a_window_is_set_where_its_table_is_asked_for_without_it():
    settings = load({"PRICE_SIZE": "600", "PREDICTION_HORIZONS": "600"})

    assert asked_size_of("prices", settings) == asked_size_of("prices_10m", settings) == 600
    assert asked_size_of("sentiment", settings) == 300
    assert asked_size_of("candles", settings) == 60


def test_the_usual_tables_are_those_of_the_usual_settings_that_others_may_read():
    app.finalize()
    app.discover()

    assert set(USUAL) == {*registry.windowed(), *registry.plain()} - set(PRIVATE)


def test_files_are_found_by_the_short_name(monkeypatch, tmp_path):
    monkeypatch.setenv("CRYPTOVIZ_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SENTIMENT_SIZE", "600")
    a_store(tmp_path, {"BTC|600|600": b'{"window_start":600}'}, table="sentiment_10m")

    shown = CliRunner().invoke(inspect, ["sentiment", "--offline"])

    assert '"key":"BTC|600|600"' in shown.stdout
