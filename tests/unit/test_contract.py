"""Others read changelogs and results: what would break them is found before it is merged."""

import copy
import json
import subprocess
import sys

import jsonschema
import msgspec
import pytest

from cryptoviz.alert_log import AlertLog, LoggedAlert
from cryptoviz.candle import Candle
from cryptoviz.contract.compatibility import breaks
from cryptoviz.contract.current import current
from cryptoviz.contract.snapshot import broken, committed, write
from cryptoviz.price import PriceWindow
from cryptoviz.records import Trade
from cryptoviz.sentiment import Opinion, SentimentWindow


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


def test_every_changelog_and_results_topic_has_a_schema(schemas):
    assert {"candles", "prices", "sentiment", "alerts-changelog"} < set(schemas)
    assert {"candles_5m-changelog", "sentiment-changelog", "instruments-changelog"} < set(schemas)


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


def test_the_command_refuses_a_change_that_breaks(tmp_path, schemas):
    # The types as they are, against a snapshot with a field that they lack.
    before = copy.deepcopy(schemas)
    fields(before["candles"])["median"] = {"type": "number"}
    write(before, tmp_path)
    script = (
        "import sys; from pathlib import Path; from cryptoviz.contract import __main__, snapshot;"
        "here = Path(sys.argv[1]);"
        "__main__.committed = lambda: snapshot.committed(here);"
        "__main__.write = lambda new: snapshot.write(new, here);"
        "sys.exit(__main__.main())"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, check=False
    )

    assert done.returncode == 1
    assert b"candles: median is gone." in done.stderr
    assert committed(tmp_path) == before
