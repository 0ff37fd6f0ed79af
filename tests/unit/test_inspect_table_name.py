"""Tables are found by their names, with the size of their windows or without it."""

import pytest
from click.testing import CliRunner

from cryptoviz.app import app
from cryptoviz.commands.inspect import inspect
from cryptoviz.inspection.table_key import is_windowed, key_of
from cryptoviz.inspection.table_name import asked_size_of, resolved, size_of
from cryptoviz.inspection.tables_known import USUAL
from cryptoviz.settings import load
from tests.stores import a_store
from web import registry, topic_channels
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


@pytest.fixture
def tables():
    app.finalize()
    app.discover()
    return {**registry.windowed(), **registry.plain()}


def test_a_name_tells_what_keys_are_made_of(tables):
    for name, table in registry.windowed().items():
        assert is_windowed(name)
        assert size_of(name) == table.size_s
        assert table.key(table.subject, 0).decode().replace("|0", "|window_start", 1) == key_of(
            name
        )
    # By which the changelogs of one deployment are told from those of another.
    assert not any("-" in name for name in tables)
    for name in registry.plain():
        assert not is_windowed(name)
        # As people read it in /asyncapi.json, where there is more room for words.
        if name in set(tables) - {*PRIVATE, "crypto_configuration", "visualization_parameters"}:
            told = topic_channels._PLAIN[name][0].lower().replace("time", "target_time")
            assert key_of(name).replace("crypto_symbol", "crypto") == told
    assert key_of("moods") == "crypto_symbol"
    assert key_of("predictions_10m") == "pair|target_time|horizon"
    assert key_of("somebody_elses") == "name"


def test_the_usual_tables_are_those_of_the_usual_settings_that_others_may_read(tables):
    assert set(USUAL) == set(tables) - set(PRIVATE)


def test_files_are_found_by_the_short_name(monkeypatch, tmp_path):
    monkeypatch.setenv("CRYPTOVIZ_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SENTIMENT_SIZE", "600")
    a_store(tmp_path, {"BTC|600|600": b'{"window_start":600}'}, table="sentiment_10m")

    shown = CliRunner().invoke(inspect, ["sentiment", "--offline"])

    assert '"key":"BTC|600|600"' in shown.stdout
