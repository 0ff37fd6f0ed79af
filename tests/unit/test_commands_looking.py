"""The commands for looking end with a sentence and a code, whatever a person does to them."""

import os
import subprocess
import sys

import pytest
import rocksdict
from click.testing import CliRunner

from cryptoviz.__main__ import OWN_COMMANDS
from cryptoviz.commands.dead_letters import dead_letters
from cryptoviz.commands.explain import explain
from cryptoviz.commands.inspect import inspect
from cryptoviz.commands.topics import topics
from cryptoviz.local import ports

LOOKING = (dead_letters, explain, inspect, topics)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a command where nothing answers."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{ports.choose()}")
    monkeypatch.setenv("WEB_PORT", str(ports.choose()))
    monkeypatch.setenv("CRYPTOVIZ_DATA_DIR", str(tmp_path))
    return lambda command, *words: CliRunner().invoke(command, words)


def a_store(tmp_path, table="candles", partition=0, rows=()):
    path = tmp_path / "cryptoviz" / "v1" / "tables" / f"{table}-{partition}.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    store = rocksdict.Rdict(str(path), rocksdict.Options(raw_mode=True))
    for key, value in rows:
        store[key] = value
    return store


@pytest.mark.parametrize("command", LOOKING, ids=lambda command: command.name)
def test_help_has_an_example_and_the_exit_codes(command):
    shown = CliRunner().invoke(command, ["--help"]).output

    assert f"cryptoviz {command.name}" in shown.partition("Examples:")[2]
    assert "Exit codes:" in shown


def test_every_command_is_reachable_by_its_name():
    assert {command.name for command in LOOKING} < {command.name for command in OWN_COMMANDS}


@pytest.mark.parametrize(
    ("command", "words", "sentence"),
    [
        (inspect, [], "does not answer"),
        (inspect, ["candles"], "does not answer"),
        (inspect, ["candles", "--watch"], "does not answer"),
        (inspect, ["candles", "--changelog"], "Kafka does not answer at"),
        (inspect, ["--offline"], "There is no directory"),
        (explain, ["candles", "BTC/USD", "latest"], "does not answer"),
        (explain, ["candles", "BTC/USD", "60", "--changelog"], "Kafka does not answer at"),
        (dead_letters, [], "Kafka does not answer at"),
        (dead_letters, ["--retry"], "Kafka does not answer at"),
        (topics, [], "Kafka does not answer at"),
        (topics, ["--create"], "Kafka does not answer at"),
    ],
)
def test_what_does_not_answer_is_named(run, command, words, sentence):
    result = run(command, *words)

    assert result.exit_code == 1
    assert sentence in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    ("command", "words", "sentence"),
    [
        (inspect, ["candles", "--window", "tomorrow"], "was 'tomorrow'"),
        (inspect, ["candles", "--where", "trades"], "was 'trades'"),
        (inspect, ["candles", "--limit", "-1"], "-1 is not in the range"),
        (inspect, ["candles", "--format", "xml"], "'xml' is not one of"),
        (inspect, ["candles", "--offline", "--changelog"], "exclude each other"),
        (inspect, ["candles", "--offline", "--watch"], "--watch follows a worker"),
        (inspect, ["--key", "BTC"], "need a TABLE"),
        (inspect, ["candles", "--url", "nonsense"], "was 'nonsense'"),
        (explain, ["candles", "BTC/USD", "noon"], "was 'noon'"),
        (dead_letters, ["--count", "--retry"], "exclude each other"),
    ],
)
def test_a_wrong_word_is_a_usage_error_that_names_it(run, command, words, sentence):
    result = run(command, *words)

    assert result.exit_code == 2, result.output
    assert sentence in result.output


def test_a_wrong_setting_is_named(run, monkeypatch):
    monkeypatch.setenv("TOPIC_PARTITIONS", "many")

    result = run(dead_letters)

    assert result.exit_code == 1
    assert "TOPIC_PARTITIONS is wrong" in result.output


def test_files_that_a_writer_has_open_are_read(run, tmp_path):
    store = a_store(tmp_path, rows=[(b"BTC/USD|60", b'{"window_start":60,"close":1.5}')])
    try:
        result = run(inspect, "candles", "--offline", "--format", "csv")
        store[b"BTC/USD|120"] = b'{"window_start":120,"close":2.5}'
    finally:
        store.close()

    assert result.exit_code == 0, result.output
    assert "BTC/USD|60,60,1.5" in result.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing"], "There is no table 'nothing'"),
        (["candles", "--key", "FOO"], "no such row of 'FOO'"),
    ],
)
def test_what_is_not_there_is_a_no(run, tmp_path, words, sentence):
    a_store(tmp_path, rows=[(b"BTC/USD|60", b'{"window_start":60}')]).close()

    result = run(inspect, *words, "--offline")

    assert result.exit_code == 3
    assert sentence in result.output


def test_a_field_that_rows_do_not_have_is_a_usage_error(run, tmp_path):
    a_store(tmp_path, rows=[(b"BTC/USD|60", b'{"window_start":60}')]).close()

    result = run(inspect, "candles", "--offline", "--where", "price>1")

    assert result.exit_code == 2
    assert "no field 'price'" in result.output


def test_a_pipe_that_is_closed_early_is_no_error_to_read(tmp_path):
    rows = [(b"BTC/USD|%d" % (60 * n), b'{"window_start":%d}' % (60 * n)) for n in range(20_000)]
    a_store(tmp_path, rows=rows).close()
    words = [sys.executable, "-m", "cryptoviz", "inspect", "candles", "--offline"]
    environ = {**os.environ, "CRYPTOVIZ_DATA_DIR": str(tmp_path)}

    with subprocess.Popen(
        words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline().startswith(b'{"key":"BTC/USD|1199940"')
        process.stdout.close()
        said = process.stderr.read()

    assert process.returncode == 1
    assert said.splitlines() == [line for line in said.splitlines() if b"From the RocksDB" in line]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("cryptoviz ins", "inspect"), ("cryptoviz inspect can", "candles"),
     ("cryptoviz inspect candles --off", "--offline"), ("cryptoviz dead-letters --re", "--retry")],
)  # fmt: skip
def test_the_shell_completes_commands_tables_and_options(typed, offered):
    environ = {
        **os.environ,
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
        "_CRYPTOVIZ_COMPLETE": "bash_complete",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from cryptoviz.__main__ import main; main()"],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert offered in [line.partition(",")[2] for line in done.stdout.splitlines()]
