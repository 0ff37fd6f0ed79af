"""`cryptoviz scores` shows what a worker answers: JSON lines in a pipe, a table for people."""

import io
import json

import msgspec
from click.testing import CliRunner
from rich.console import Console

from cryptoviz.commands import scores as command
from tests.a_worker import a_worker

SCORE = {
    "model": "holt",
    "horizon": 300,
    "period": "24h",
    "since": 0,
    "count": 12,
    "mae": 1.25,
    "mape": 0.5,
    "bias": -0.25,
    "coverage": 0.9,
    "mean_width": 4.0,
    "interval_score": 6.0,
    "skill": -0.125,
    "direction_accuracy": None,
}
BODY = {
    "rows": [
        {
            "pair": "BTC/USD",
            "as_of": 7,
            "revision": 1,
            "scores": [SCORE, SCORE | {"horizon": 900}, SCORE | {"model": "last_price"}],
        }
    ]
}


def run(*arguments, status=200, body=BODY):
    with a_worker(status, body) as (url, asked):
        result = CliRunner().invoke(command.scores, [*arguments, "--url", url])
    return result, asked


def test_in_a_pipe_every_score_is_a_line_of_json():
    result, asked = run()

    lines = [json.loads(line) for line in result.output.splitlines()]
    assert asked == ["/live/scores/"]
    assert lines[0] == {"pair": "BTC/USD", "as_of": 7, **SCORE}
    assert len(lines) == 3


def test_scores_can_be_asked_for_by_pair_model_horizon_and_period():
    result, asked = run("BTC/USD", "--model", "holt", "--horizon", "900", "--period", "24h")

    assert asked == ["/live/scores/BTC%2FUSD/"]
    assert [json.loads(line)["horizon"] for line in result.output.splitlines()] == [900]


def test_without_scores_a_pipe_stays_empty_and_people_are_told():
    result, _ = run("--model", "nobody's")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "There are no such scores yet.\n"


def test_a_refusal_of_the_worker_is_shown_in_its_words():
    result, _ = run(status=404, body={"detail": "Table scores has no row for 'A/B'."})

    assert result.exit_code == 3
    assert result.output == "Error: Table scores has no row for 'A/B'.\n"


def test_a_worker_that_is_not_there_is_named():
    result = CliRunner().invoke(command.scores, ["--url", "http://127.0.0.1:1"])

    assert result.exit_code == 1
    assert "The worker at http://127.0.0.1:1 does not answer" in result.output


def test_what_is_no_worker_is_no_traceback():
    result, _ = run(body={"rows": [{"pair": 1}]})

    assert result.exit_code == 1
    assert "is no worker of this version" in result.output


def test_people_see_a_table_with_bad_skill_as_bad():
    rows = list(command._rows(msgspec.convert(BODY, command.Scores).rows))
    console = Console(width=200, record=True, file=io.StringIO())

    console.print(command._table(rows, command.COLUMNS))

    text = console.export_text()
    assert "-12.5%" in text
    assert "90.0%" in text


SKILLS = {
    "rows": [
        {
            "crypto_symbol": "BTC",
            "pair": "BTC/USD",
            "as_of": 7,
            "revision": 1,
            "horizons": [
                {"horizon": 300, "hours": 9, "skill": -0.02, "standard_error": 0.01},
                {"horizon": 900, "hours": 1, "skill": 0.0, "standard_error": None},
            ],
        }
    ]
}


def test_whether_sentiment_helps_is_shown_for_a_crypto():
    result, asked = run("BTC-USD", "--sentiment", "--horizon", "900", body=SKILLS)

    assert asked == ["/live/sentiment_skill/BTC/"]
    assert [json.loads(line) for line in result.output.splitlines()] == [
        {
            "pair": "BTC/USD",
            "as_of": 7,
            "horizon": 900,
            "hours": 1,
            "skill": 0.0,
            "standard_error": None,
        }
    ]
    assert run("--sentiment", "--model", "holt", body=SKILLS)[0].exit_code == 2
