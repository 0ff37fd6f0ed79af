"""What a worker answers is read, and what is no worker is told apart in a sentence."""

from urllib.parse import parse_qsl, urlsplit

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


def asked_of(path):
    address = urlsplit(path)
    return address.path, dict(parse_qsl(address.query))


@pytest.mark.parametrize(
    ("words", "queries"),
    [
        ([], [{}]),
        (["--key", "BTC/USD"], [{"subject": "BTC/USD"}]),
        (["--key", "BTC/USD|60"], [{"subject": "BTC/USD"}]),
        (["--key", "btc-usd"], [{"subject": "btc-usd"}, {"subject": "BTC/USD"}]),
        (["--window", "latest"], [{"window": "latest"}]),
        (["--window", "60"], [{"window": "60..61"}]),
        (["--window", "60.."], [{"window": "60..999999999999"}]),
        (["--window", "1960-01-01..60"], [{"window": "0..60"}]),
        (
            ["--key", "BTC/USD", "--window", "60..120"],
            [{"subject": "BTC/USD", "window": "60..120"}],
        ),
        # It may not be the newest, and is what was asked for.
        (["--key", "BTC/USD|60", "--window", "latest"], [{"subject": "BTC/USD"}]),
    ],
)
def test_a_worker_is_asked_for_what_is_wanted_alone(words, queries):
    _, asked = run(inspect, "candles", *words, body={"rows": []})

    assert [asked_of(path) for path in asked] == [
        ("/inspect/tables/candles/", query) for query in queries
    ]


def test_all_pages_are_read():
    pages = iter([rows({"a": 1}) | {"next": "BTC/USD|60"}, rows({"a": 2}) | {"next": None}])

    result, asked = run(inspect, "candles", "--window", "60", body=lambda _: next(pages))

    assert len(result.stdout.splitlines()) == 2
    assert [asked_of(path)[1] for path in asked] == [
        {"window": "60..61"},
        {"window": "60..61", "after": "BTC/USD|60"},
    ]


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
