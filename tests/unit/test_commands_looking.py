"""The commands for looking end with a sentence and a code, whatever a person does to them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import rocksdict
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from cryptoviz.command_line import OWN_COMMANDS, cli, main
from cryptoviz.commands.dead_letters import dead_letters
from cryptoviz.commands.explain import explain
from cryptoviz.commands.fausts_own import EXAMPLES
from cryptoviz.commands.inspect import inspect
from cryptoviz.commands.migrate import migrate
from cryptoviz.commands.replay import replay
from cryptoviz.commands.scores import scores
from cryptoviz.commands.simulate import simulate
from cryptoviz.commands.topics import topics
from cryptoviz.inspection.outcome import EXIT_CODES, FAILED, NO, USAGE
from cryptoviz.local import ports

LOOKING = (dead_letters, explain, inspect, scores, topics)
ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_help_of_every_command_has_an_example_and_the_exit_codes(name):
    shown = CliRunner().invoke(cli.commands[name], ["--help"], prog_name=f"cryptoviz {name}").output

    assert re.search(
        rf"^ +(.* \| )?cryptoviz {name}\b", shown.partition("Examples:")[2], re.MULTILINE
    )
    assert "Exit codes:" in shown


def test_help_of_the_program_has_an_example_and_the_exit_codes():
    shown = CliRunner().invoke(cli, ["--help"], prog_name="cryptoviz").output

    assert "Run CRYPTO VIZ" in shown
    assert "cryptoviz worker -l info" in shown.partition("Examples:")[2]
    assert "Exit codes:" in shown


def test_all_commands_are_those_of_this_project_and_some_of_fausts():
    assert {command.name for command in OWN_COMMANDS} < set(cli.commands)
    assert set(cli.commands) - {command.name for command in OWN_COMMANDS} == set(EXAMPLES)


def test_the_page_about_commands_tells_their_exit_codes():
    page = (ROOT / "docs/cli.md").read_text().partition("## Exit codes")[2]
    shown = re.findall(r"^  ([0-9])  ", EXIT_CODES, re.MULTILINE)

    assert shown == ["0", str(FAILED), str(USAGE), str(NO)]
    assert re.findall(r"^\| ([0-9]) \|", page, re.MULTILINE) == shown


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
        (topics, ["--mend"], "Kafka does not answer at"),
        (topics, ["--reassign"], "Kafka does not answer at"),
        (scores, [], "does not answer"),
        (simulate, ["--count", "1"], "Kafka cannot be reached at"),
        (replay, [__file__, "--topic", "raw"], "Kafka cannot be reached at"),
        (migrate, ["--dsn", "postgresql://127.0.0.1:1/x"], "was not migrated: Connection"),
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
        (inspect, ["candles", "--url", "http://a..b"], "was 'http://a..b'"),
        (inspect, ["candles", "--url", f"http://{'a' * 64}.org"], "url must be http://HOST:PORT"),
        (inspect, ["\udcff"], r"was '\udcff'"),
        (inspect, ["candles", "--key", "\udcff"], r"was '\udcff'"),
        (explain, ["\udcff", "BTC", "latest"], r"was '\udcff'"),
        (explain, ["candles", "BTC", "latest", "--url", "http://a..b"], "was 'http://a..b'"),
        (scores, ["\udcff"], r"was '\udcff'"),
        (scores, ["--url", "http://a..b"], "was 'http://a..b'"),
        (explain, ["candles", "BTC/USD", "noon"], "was 'noon'"),
        (explain, ["candles", "BTC/USD", "60..120"], "was '60..120'"),
        (explain, ["candles", "BTC/USD", ".."], "was '..'"),
        (dead_letters, ["--count", "--retry"], "exclude each other"),
        (dead_letters, ["--show", "letter"], "was 'letter'"),
        (dead_letters, ["--at", "1:"], "was '1:'"),
        (topics, ["--reassign", "--mend"], "stands alone"),
        (scores, ["--url", "ftp://127.0.0.1"], "was 'ftp://127.0.0.1'"),
        (scores, ["--period", "1y"], "'1y' is not one of"),
        (replay, ["/nowhere.jsonl", "--topic", "raw"], "'/nowhere.jsonl' does not exist"),
        (migrate, [], "TIMESCALE_DSN is not set"),
        (simulate, ["--pairs", "BTC"], "'BTC'"),
    ],
)
def test_a_wrong_word_is_a_usage_error_that_names_it(run, command, words, sentence):
    result = run(command, *words)

    assert result.exit_code == 2, result.output
    assert sentence in result.output


@pytest.mark.parametrize("command", LOOKING, ids=lambda command: command.name)
@pytest.mark.parametrize(
    ("variable", "value"), [("TOPIC_PARTITIONS", "many"), ("KAFKA_BOOTSTRAP_SERVERS", "here:there")]
)
def test_a_wrong_setting_is_named(run, monkeypatch, command, variable, value):
    monkeypatch.setenv(variable, value)

    words = ["candles", "BTC/USD", "latest"] if command is explain else []
    result = run(command, *words)

    assert result.exit_code == 1
    assert f"{variable} is wrong" in result.output
    assert isinstance(result.exception, SystemExit)


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


def test_rows_that_are_never_final_are_not_asked_whether_they_are(run, tmp_path):
    a_store(tmp_path, "alerts", rows=[(b"BTC/USD", b'{"pair":"BTC/USD"}')]).close()

    result = run(inspect, "alerts", "--offline", "--final")

    assert result.exit_code == 2
    assert "Rows of alerts have no field 'final'" in result.output


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


def cryptoviz(*words, **environ):
    """Run a command to its end, as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "cryptoviz", *words], env={**os.environ, **environ},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["-A", "nowhere"], "nowhere"),
        (["-A", "nowhere.x"], "nowhere.x"),
        (["--app=nowhere"], "nowhere"),
        (["-A", "cryptoviz.settings"], "cryptoviz.settings"),
        (["-A", "cryptoviz.settings:ROOT"], "cryptoviz.settings:ROOT"),
    ],
)
def test_an_app_that_there_is_not_is_a_sentence(monkeypatch, capsys, words, named):
    monkeypatch.setattr(sys, "argv", ["cryptoviz", *words, "worker"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"Error: --app names no app that can be loaded, was {named!r}: ")
    assert len(said.splitlines()) == 1


def unforeseen():
    raise KeyError("two\nlines")


def test_what_no_command_foresaw_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(topics, "callback", lambda **_: unforeseen())
    monkeypatch.setattr(sys, "argv", ["cryptoviz", "topics"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "KeyError: 'two" in sentence
    assert "`cryptoviz --debug topics` shows where" in sentence


def test_debugging_shows_where_it_happened(monkeypatch):
    monkeypatch.setattr(topics, "callback", lambda **_: unforeseen())
    monkeypatch.setattr(sys, "argv", ["cryptoviz", "--debug", "topics"])

    with pytest.raises(KeyError) as raised:
        main()

    assert raised.traceback[-1].name == "unforeseen"


def test_a_defect_of_the_application_itself_keeps_its_traceback(monkeypatch):
    def find_app(_):
        unforeseen()

    monkeypatch.setattr("faust.cli.base.find_app", find_app)
    monkeypatch.setattr(sys, "argv", ["cryptoviz", "worker"])

    with pytest.raises(KeyError):
        main()


def test_a_reader_that_leaves_ends_fausts_own_commands_without_a_word(tmp_path):
    script = f"{sys.executable} -u -m cryptoviz reset | head -1; exit ${{PIPESTATUS[0]}}"
    environ = {**os.environ, "CRYPTOVIZ_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-c", script], env=environ, capture_output=True, text=True, check=False
    )

    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "typed", "offered"),
    [
        ([], "", {"inspect", "explain", "dead-letters", "topics", "simulate", "worker"}),
        ([], "ins", {"inspect"}),
        (["explain"], "sent", {"sentiment"}),
        (["inspect", "candles"], "--off", {"--offline"}),
        (["inspect", "candles", "--format"], "", {"table", "jsonl", "csv"}),
        (["topics"], "--", {"--create", "--mend", "--reassign", "--format", "--help"}),
        (["dead-letters"], "--", {"--topic", "--code", "--at", "--count", "--show", "--retry"}),
    ],
)
def test_commands_options_choices_and_tables_are_offered(words, typed, offered):
    completion = ShellComplete(cli, {}, "cryptoviz", "_CRYPTOVIZ_COMPLETE")

    assert offered <= {item.value for item in completion.get_completions(words, typed)}


def test_bash_completes_by_the_line_that_the_page_has(tmp_path):
    page = (ROOT / "docs/cli.md").read_text()
    (line,) = re.findall(r'^(eval "\$\(_CRYPTOVIZ_COMPLETE=bash_source .*?\)")', page, re.MULTILINE)
    script = tmp_path / "cryptoviz"
    main = "from cryptoviz.command_line import main; main()"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{main}" "$@"\n')
    script.chmod(0o755)
    typed = (
        "COMP_WORDS=(cryptoviz inspect ale); COMP_CWORD=2; _cryptoviz_completion cryptoviz; "
        'echo "${COMPREPLY[@]}"; complete -p cryptoviz'
    )

    done = subprocess.run(
        ["bash", "--norc", "-c", f"{line}\n{typed}"],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    offered, registered = done.stdout.splitlines()
    assert offered == "alerts"
    assert registered == "complete -o nosort -F _cryptoviz_completion cryptoviz"
