"""What a worker answers is read, and what is no worker is told apart in a sentence."""

import pytest
from click.testing import CliRunner

from cryptoviz.commands.explain import explain
from cryptoviz.commands.inspect import inspect
from tests.a_worker import a_worker


def run(command, *words, status=200, body):
    with a_worker(status, body) as (url, asked):
        result = CliRunner().invoke(command, [*words, "--url", url])
    return result, asked


def rows(*values):
    return {"rows": [{"key": "BTC/USD|60", "partition": 0, "value": each} for each in values]}


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"[" * 5_000,
        b'{"rows":[{"key":"BTC/USD|60","partition":0,"value":{"pair":"\xff"}}]}',
        rows([1, 2]),
        rows(None),
        rows("text"),
        {"rows": 7},
    ],
)
@pytest.mark.parametrize("form", ["csv", "jsonl", "table"])
def test_what_answers_and_is_no_worker_is_a_sentence(body, form):
    result, _ = run(inspect, "candles", "--format", form, body=body)

    assert result.exit_code == 1
    assert "is no worker of this version" in result.stderr
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("body", [b"\xff", b"[" * 5_000, b"<html>", {"detail": 7}])
def test_a_refusal_in_no_words_of_ours_is_told_by_its_number(body):
    result, _ = run(inspect, "candles", status=500, body=body)

    assert result.exit_code == 1
    assert "answered 500" in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_window_of_another_version_is_not_explained():
    result, _ = run(explain, "candles", "BTC/USD", "60", body=rows({"pair": 1}))

    assert result.exit_code == 1
    assert "The value of 'BTC/USD|60' is none of this version" in result.stderr
