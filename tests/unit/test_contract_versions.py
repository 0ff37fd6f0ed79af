"""What a version of the contract promises never changes: not even by writing it anew."""

import copy
import json
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from cryptoviz import topics
from cryptoviz.contract.current import current
from cryptoviz.contract.snapshot import broken, committed, update, write
from cryptoviz.contract.versions import fingerprint, recorded

ROOT = Path(__file__).parents[2]
VERSION = topics.CONTRACT_VERSION
TOPIC = "candles-changelog"


@pytest.fixture(scope="module")
def types():
    """The schemas that the types make."""
    return current()


@pytest.fixture
def schemas(types):
    """A copy of them to change."""
    return copy.deepcopy(types)


@pytest.fixture
def directory(schemas, tmp_path):
    """A directory in which they were written once."""
    write(schemas, VERSION, tmp_path)
    return tmp_path


def contents(directory):
    return {path.name: path.read_text() for path in directory.iterdir()}


def fields(schemas, topic=TOPIC):
    return schemas[topic]["$defs"]["Candle"]["properties"]


def of_version(version, schemas):
    return {topic: schema | {"version": version} for topic, schema in schemas.items()}


def refused(directory, schemas, version=VERSION):
    """Try to write *schemas* as *version*; return why that was refused, and assert that it was."""
    before = contents(directory)
    sentences = update(of_version(version, schemas), version, directory)
    assert sentences
    assert contents(directory) == before
    return sentences


def test_a_higher_version_may_break(types, schemas):
    del fields(schemas)["close"]

    assert broken(types, schemas) == [f"{TOPIC}: close is gone."]
    assert broken(types, of_version(VERSION + 1, schemas)) == []


def test_a_topic_that_is_gone_breaks_its_readers(types):
    others = {topic: schema for topic, schema in types.items() if topic != TOPIC}

    assert broken(types, others) == [f"{TOPIC} is gone."]
    assert broken(types, of_version(VERSION + 1, others)) == []


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("x-key", "PAIR", "x-key is PAIR, which was PAIR|START"),
        ("x-cleanup", ["delete"], "x-cleanup is ['delete'], which was ['compact']"),
    ],
)
def test_another_key_or_clean_up_breaks_readers(types, schemas, name, value, sentence):
    schemas[TOPIC][name] = value

    assert broken(types, schemas) == [f"{TOPIC}: {sentence}."]


def test_tombstones_and_a_shorter_retention_break_the_readers_of_results(types, schemas):
    results, week_ms = schemas["candles"], types["candles"]["x-retention-ms"]
    results["x-tombstones"], results["x-retention-ms"] = True, week_ms - 1

    assert broken(types, schemas) == [
        "candles: a value may be null, which it was not.",
        f"candles: x-retention-ms is {week_ms - 1}, which was {week_ms}.",
    ]
    results["x-tombstones"], results["x-retention-ms"] = False, week_ms + 1
    assert broken(types, schemas) == []


def test_what_is_written_is_what_is_read_again(types, tmp_path):
    (tmp_path / "old.json").write_text("{}")

    write(types, VERSION, tmp_path)

    assert committed(tmp_path) == types
    assert recorded(tmp_path) == {VERSION: fingerprint(types)}


def test_another_field_is_written_into_the_version_as_it_is(directory, schemas):
    fields(schemas)["median"] = {"type": "number"}

    assert update(schemas, VERSION, directory) == []
    assert committed(directory) == schemas
    assert recorded(directory) == {VERSION: fingerprint(schemas)}


def test_words_and_internal_fields_are_no_part_of_what_a_version_promises(types, schemas):
    schemas[TOPIC]["description"] = "Changelog."
    schemas[TOPIC]["$defs"]["Candle"]["required"].remove("sums")
    del fields(schemas)["sums"]

    assert fingerprint(schemas) == fingerprint(types)
    del fields(schemas)["close"]
    assert fingerprint(schemas) != fingerprint(types)


def test_deleting_the_schemas_does_not_begin_a_version_anew(directory, schemas):
    del fields(schemas)["close"]
    for path in directory.glob("*.json"):
        path.unlink()

    (sentence,) = refused(directory, schemas)

    assert f"are not those of version {VERSION}: `git checkout docs/schemas`" in sentence


def test_deleting_one_schema_or_the_record_does_not_either(directory, schemas):
    (directory / f"{TOPIC}.json").unlink()
    assert "are not those of version" in refused(directory, schemas)[0]
    (directory / "VERSIONS").unlink()
    assert "VERSIONS is missing or empty" in refused(directory, schemas)[0]


def test_a_version_that_was_left_is_not_gone_back_to(directory, types, schemas):
    del fields(schemas)["close"]
    raised = of_version(VERSION + 1, schemas)

    assert update(raised, VERSION + 1, directory) == []
    assert recorded(directory) == {VERSION: fingerprint(types), VERSION + 1: fingerprint(raised)}

    assert f"Version {VERSION + 1} was written before; it cannot go down to {VERSION}." in refused(
        directory, schemas
    )
    assert f"{TOPIC}: version {VERSION + 1} goes down to {VERSION}." in refused(directory, schemas)


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
        "from cryptoviz.contract import __main__;"
        "sys.exit(__main__.main(Path(sys.argv[1])))"
    )
    words = [sys.executable, "-c", script, directory, str(version)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_command_refuses_a_change_that_breaks_unless_the_version_is_raised(tmp_path, types):
    before = copy.deepcopy(types)
    sentences = mutate(before["candles"]["$defs"]["Candle"])
    write(before, VERSION, tmp_path)

    refused = contract_command(tmp_path)

    assert refused.returncode == 1
    assert set(refused.stderr.splitlines()) > sentences
    assert "raise CONTRACT_VERSION" in refused.stderr
    assert committed(tmp_path) == before
    assert contract_command(tmp_path, version=1).returncode == 0
    raised = committed(tmp_path)
    assert {each["version"] for each in raised.values()} == {VERSION + 1}
    assert raised["candles"]["$defs"] == types["candles"]["$defs"]


def git(*words):
    """Return what git says in this clone, None if it refuses or there is no git."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def merged_before():
    """Return the commit that this change is to be merged into, or was."""
    here, base = git("rev-parse", "HEAD"), git("merge-base", "HEAD", "origin/main")
    return git("rev-parse", "HEAD^") if base in (None, here) else base


def test_readers_of_what_was_merged_before_can_read_what_is_written_now(types):
    base = merged_before()
    names = (git("ls-tree", "--name-only", base, "docs/schemas/") if base else None) or ""
    paths = [name for name in names.splitlines() if name.endswith(".json")]
    if not paths:
        pytest.skip("this copy has no history in which there are schemas")

    old = {PurePosixPath(path).stem: json.loads(git("show", f"{base}:{path}")) for path in paths}

    assert broken(old, types) == []
