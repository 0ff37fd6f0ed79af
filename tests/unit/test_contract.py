"""Others read changelogs and results: what would break them is found before it is merged."""

import json
import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from cryptoviz import topics
from cryptoviz.alert_log import AlertLog, LoggedAlert
from cryptoviz.app import app
from cryptoviz.candle import Candle
from cryptoviz.contract.current import current
from cryptoviz.contract.schemas import INTERNAL_TOPICS
from cryptoviz.contract.snapshot import DIRECTORY, broken, committed
from cryptoviz.contract.versions import unlike_record
from cryptoviz.price import PriceWindow
from cryptoviz.records import Trade
from cryptoviz.sentiment import Opinion, SentimentWindow
from web.asyncapi import document
from web.topic_channels import PRIVATE

PREFIX = "cryptoviz-"
CHANGELOGS = Path(__file__).parents[2] / "docs/changelogs.md"


@pytest.fixture(scope="module")
def schemas():
    return current()


def test_the_committed_schemas_are_those_of_the_types(schemas):
    assert broken(committed(), schemas) == []
    assert committed() == schemas, "python -m cryptoviz.contract writes docs/schemas/ anew"
    assert unlike_record(DIRECTORY, topics.CONTRACT_VERSION, schemas) == []


def test_every_topic_that_is_written_has_a_schema_or_is_declared_private(schemas):
    changelogs = {topic.removeprefix(PREFIX) for topic in app.tables.changelog_topics}
    private = {f"{name}-changelog" for name in PRIVATE}
    written = {
        spec.name.removeprefix(PREFIX)
        for spec in topics.specs()
        if spec.own and "leader" not in spec.name
    }

    assert private < changelogs < written
    # The values of the one are anybody's bytes, the other is between our own agents.
    assert written - set(schemas) == private | {"rejected", *INTERNAL_TOPICS}
    assert set(schemas) < written


def test_the_page_about_them_names_every_topic_and_every_version(schemas):
    page = CHANGELOGS.read_text()
    named = {word.removeprefix("-") for word in re.findall(r"`(-[\w-]+)`", page)}

    assert named >= set(schemas) | {f"{name}-changelog" for name in PRIVATE} | {"rejected"}
    versions = re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    assert versions == [str(number) for number in range(2, topics.CONTRACT_VERSION + 1)]


def test_every_topic_is_described_as_it_is_kept():
    needed = {spec.name: spec for spec in topics.specs()}

    channels = [each for each in document()["channels"].values() if each["address"] != "/ws/"]

    assert document()["info"]["x-contract-version"] == topics.CONTRACT_VERSION
    assert {each["address"] for each in channels} > app.batched_topics
    for channel in channels:
        spec, binding = needed[channel["address"]], channel["bindings"]["kafka"]
        assert binding["partitions"] == spec.partitions
        assert "Key: " in channel["description"]
        if spec.own:
            kept = binding["topicConfiguration"]
            assert kept["cleanup.policy"] == [spec.config["cleanup.policy"]]
            assert str(kept.get("retention.ms")) == spec.config.get("retention.ms", "None")


def test_a_schema_says_how_its_topic_is_keyed_and_kept(schemas):
    terms = {
        topic: {name: each for name, each in schema.items() if name.startswith("x-")}
        for topic, schema in schemas.items()
    }

    assert terms["candles"] == {
        "x-key": "PAIR|START, and |SIZE for other than the usual size",
        "x-tombstones": False,
        "x-cleanup": ["delete"],
        "x-retention-ms": 7 * 86_400_000,
    }
    assert terms["sentiment-changelog"] == {
        "x-key": "CRYPTO|START",
        "x-tombstones": True,
        "x-cleanup": ["compact"],
    }


def test_what_clients_are_told_without_is_not_required():
    schemas = document()["components"]["schemas"]

    assert schemas["Update"]["required"] == ["channel", "data"]
    assert "bid" not in schemas["RawTicker"]["required"]
    assert "default" not in json.dumps(schemas["Candle"])


def a_candle():
    candle = Candle(pair="BTC/USD", window_start=0, window_end=60)
    candle.merge(Candle.summarise([Trade("BTC/USD", 1.5, 2.0, "b", 10.0)]))
    candle.note_source("0", 7, 1, 10.0)
    return candle


ROWS = {
    "candles-changelog": a_candle(),
    "prices": PriceWindow(pair="BTC/USD", window_start=0, window_end=300),
    "sentiment": SentimentWindow(
        crypto_symbol="BTC",
        window_start=0,
        window_end=300,
        opinions={"a": Opinion(1, 0.5, "n", "")},
    ),
    "alerts-changelog": AlertLog("BTC/USD", [LoggedAlert(1.0, 0, 3, 5.0, 1.0, 1.0, "PRICE_UP")]),
}


@pytest.mark.parametrize("topic", sorted(ROWS))
def test_what_is_written_fits_its_schema(schemas, topic):
    value = json.loads(msgspec.json.encode(ROWS[topic]))

    jsonschema.Draft202012Validator.check_schema(schemas[topic])
    jsonschema.validate(value, schemas[topic])
    for name in list(value):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({k: v for k, v in value.items() if k != name}, schemas[topic])
