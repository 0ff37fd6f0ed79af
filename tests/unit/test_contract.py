"""Others read changelogs and results: what would break them is found before it is merged."""

import copy
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import msgspec
import pytest

from cryptoviz import topics
from cryptoviz.alert_log import AlertLog, LoggedAlert
from cryptoviz.app import app
from cryptoviz.candle import Candle
from cryptoviz.contract.compatibility import breaks
from cryptoviz.contract.current import current
from cryptoviz.contract.schemas import INTERNAL_TOPICS
from cryptoviz.contract.snapshot import broken, committed, write
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


@pytest.fixture
def old(schemas):
    return schemas["candles-changelog"]


@pytest.fixture
def new(old):
    return copy.deepcopy(old)


def fields(schema):
    return schema["$defs"]["Candle"]["properties"]


def test_the_committed_schemas_are_those_of_the_types(schemas):
    assert broken(committed(), schemas) == []
    assert committed() == schemas, "python -m cryptoviz.contract writes docs/schemas/ anew"


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


def test_the_same_schema_breaks_nobody(old, new):
    assert breaks(old, new) == []


def test_another_field_breaks_nobody(old, new):
    fields(new)["median"] = {"type": "number"}

    assert breaks(old, new) == []


def test_a_field_that_is_gone_breaks_its_readers(old, new):
    del fields(new)["close"]

    assert breaks(old, new) == ["close is gone"]


def test_a_field_that_may_be_missing_breaks_its_readers(old, new):
    new["$defs"]["Candle"]["required"].remove("close")

    assert breaks(old, new) == ["close may be missing"]


def test_a_field_of_another_type_breaks_its_readers(old, new):
    fields(new)["trades"] = {"type": "string"}

    assert breaks(old, new) == ["trades may be string, which it was not"]


def test_a_field_that_may_be_null_breaks_its_readers(old, new):
    fields(new)["close"] = {"anyOf": [{"type": "number"}, {"type": "null"}]}

    assert breaks(old, new) == ["close may be null, which it was not"]
    assert breaks(new, old) == []


def test_whole_numbers_are_numbers_but_not_the_other_way_round(old, new):
    fields(new)["close"] = {"type": "integer"}

    assert breaks(old, new) == []
    assert breaks(new, old) == ["close may be number, which it was not"]


def test_a_field_within_a_field_counts(old, new):
    fields(new)["offsets"]["additionalProperties"] = {"type": "string"}

    assert breaks(old, new) == ["offsets.* may be string, which it was not"]


def test_an_internal_field_is_nobodys_to_read(old, new):
    del fields(new)["sums"]

    assert breaks(old, new) == []


def test_a_higher_version_may_break(schemas, new):
    del fields(new)["close"]
    topic = "candles-changelog"

    assert broken({topic: schemas[topic]}, {topic: new}) == [f"{topic}: close is gone."]
    new["version"] += 1
    assert broken({topic: schemas[topic]}, {topic: new}) == []


def test_a_topic_that_is_gone_breaks_its_readers(schemas):
    assert broken(schemas, {}) == [f"{topic} is gone." for topic in schemas]


def test_what_is_written_is_what_is_read_again(schemas, tmp_path):
    (tmp_path / "old.json").write_text("{}")

    write(schemas, tmp_path)

    assert committed(tmp_path) == schemas


def mutate(candle):
    """Change a schema so that the types as they are would break its readers; return how."""
    properties = candle["properties"]
    properties["median"] = {"type": "number"}
    properties["close"] = {"type": "string"}
    properties["vwap"] = {"type": "number"}
    properties["offsets"]["additionalProperties"] = {"type": "boolean"}
    return {
        "candles: median is gone.",
        "candles: close may be number, which it was not.",
        "candles: vwap may be null, which it was not.",
        "candles: offsets.* may be integer, which it was not.",
    }


def contract_command(directory, version=0):
    """Run `python -m cryptoviz.contract` on *directory*, with a version raised by *version*."""
    script = (
        "import sys; from pathlib import Path; from cryptoviz import topics;"
        "topics.CONTRACT_VERSION += int(sys.argv[2]);"
        "from cryptoviz.contract import __main__, snapshot;"
        "here = Path(sys.argv[1]);"
        "__main__.committed = lambda: snapshot.committed(here);"
        "__main__.write = lambda new: snapshot.write(new, here);"
        "sys.exit(__main__.main())"
    )
    words = [sys.executable, "-c", script, directory, str(version)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_command_refuses_a_change_that_breaks_unless_the_version_is_raised(tmp_path, schemas):
    before = copy.deepcopy(schemas)
    sentences = mutate(before["candles"]["$defs"]["Candle"])
    write(before, tmp_path)

    refused = contract_command(tmp_path)

    assert refused.returncode == 1
    assert set(refused.stderr.splitlines()) > sentences
    assert "raise CONTRACT_VERSION" in refused.stderr
    assert committed(tmp_path) == before
    assert contract_command(tmp_path, version=1).returncode == 0
    raised = committed(tmp_path)
    assert {each["version"] for each in raised.values()} == {topics.CONTRACT_VERSION + 1}
    assert raised["candles"]["$defs"] == schemas["candles"]["$defs"]


def test_another_alternative_breaks_its_readers(schemas):
    old = copy.deepcopy(schemas["crypto_configuration-changelog"])
    new = copy.deepcopy(old)
    new["$defs"]["Moved"] = {"title": "Moved", "properties": {"to": {"type": "string"}}}
    new["oneOf"].append({"$ref": "#/$defs/Moved"})

    assert breaks(old, new) == ["the value may be Moved object, which it was not"]
    assert breaks(new, old) == []
