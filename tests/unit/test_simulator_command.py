"""What `cryptoviz simulate` makes of its options, before it talks to Kafka."""

import asyncio
import math
import os
import signal
import socket
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from cryptoviz.commands import running
from cryptoviz.commands import simulate as command
from cryptoviz.commands.parameters import LATE, PAIRS, SILENCE
from cryptoviz.commands.running import Pace
from cryptoviz.commands.simulate import simulate
from cryptoviz.simulator import Faults, Market, Share, Silence, Simulation

START_S = 1_764_310_291.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--speed", "10"], "--speed needs --since"),
        (["--since", "soon"], "must be an ISO-8601 time or a duration such as 2h or 7d"),
        (["--late", "2"], "must be a fraction from 0 to 1, was '2'"),
        (["--late", "0.1:soon"], "must be a duration such as 90s"),
        (["--pairs", "BTCUSD"], "pair must be BASE/QUOTE in upper case, was 'BTCUSD'"),
        (["--pairs", "BTC/USD,BTC/USD"], "pairs must be given once each"),
        (["--silence", "FOO/USD"], "--silence names FOO/USD, which is not among the pairs"),
        (["--rate", "0"], "0.0 is not in the range x>0"),
    ],
)
def test_a_wrong_option_is_refused_with_its_value(arguments, sentence):
    result = CliRunner().invoke(simulate, arguments)

    assert result.exit_code == 2
    assert sentence in result.output


def test_options_become_a_market_and_its_faults(monkeypatch):
    seen = []
    monkeypatch.setattr(command, "_simulate", lambda simulation, *_: seen.append(simulation))
    monkeypatch.setattr(command, "run", lambda body: body(None, None))
    arguments = [
        "--seed=7", "--pairs=btc/usd,eth/usd", "--rate=50", "--since=2025-11-28T06:11:31Z",
        "--speed=60", "--count=1000", "--duration=2h", "--late=0.1", "--disorder=0.2:1s",
        "--duplicate=0.3", "--malformed=0.4", "--silence=BTC/USD:5m:30s", "--alert-threshold=2",
    ]  # fmt: skip

    result = CliRunner().invoke(simulate, arguments)

    market = Market(7, START_S, ("BTC/USD", "ETH/USD"), 50.0, 2.0)
    faults = Faults(Share(0.1, 480.0), Share(0.2, 1.0), 0.3, 0.4, (Silence("BTC/USD", 300, 30),))
    assert result.exit_code == 0, result.output
    assert seen == [Simulation(market, faults, 60.0, 1_000, 7_200.0)]


def test_defaults_of_fault_options_are_those_of_their_help():
    assert LATE.convert("0.5", None, None) == Share(0.5, 480.0)
    assert SILENCE.convert("btc/usd", None, None) == Silence("BTC/USD", 600.0, 60.0)
    assert PAIRS.convert(" btc/usd , ETH/eur,", None, None) == ("BTC/USD", "ETH/EUR")


def test_count_and_duration_bound_the_market():
    market = Market(seed=1, start_s=START_S, rate_per_s=100.0)

    by_count = list(Simulation(market, Faults(), count=50).messages())
    by_duration = list(Simulation(market, Faults(), duration_s=2.0).messages())

    assert len(by_count) == 50
    assert len(by_duration) == 200


def test_at_a_speed_of_ten_a_minute_of_the_past_takes_six_seconds():
    pace = Pace(speed=10.0, then_s=START_S, now_s=2_000_000_000.0)

    assert pace.due_s(START_S + 60.0) == 2_000_000_006.0


def test_at_infinite_speed_everything_is_due_at_once():
    pace = Pace(speed=math.inf, then_s=START_S, now_s=2_000_000_000.0)

    assert pace.due_s(START_S + 1e9) == 2_000_000_000.0


def test_kafka_out_of_reach_is_one_sentence():
    # A port that is bound and does not listen refuses every connection.
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        servers = f"127.0.0.1:{deaf.getsockname()[1]}"
        result = subprocess.run(
            [sys.executable, "-m", "cryptoviz.commands.simulate"],
            env={**os.environ, "KAFKA_BOOTSTRAP_SERVERS": servers},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert result.returncode == 1
    assert result.stderr.startswith(f"Error: Kafka cannot be reached at {servers}; ")
    assert result.stderr.count("\n") == 1


def test_a_wrong_setting_is_one_sentence():
    result = subprocess.run(
        [sys.executable, "-m", "cryptoviz.commands.simulate"],
        env={**os.environ, "WEB_PORT": "high"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert result.returncode == 1
    assert result.stderr.startswith("WEB_PORT is wrong")
    assert result.stderr.count("\n") == 1


def test_what_does_not_end_on_a_signal_is_ended(monkeypatch):
    monkeypatch.setattr(running, "GRACE_S", 0.05)

    async def deaf(_settings, _stop):
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    with pytest.raises(click.ClickException, match=r"within 0\.05 s of the signal"):
        running.run(deaf)


def test_an_error_of_the_work_is_the_error_of_the_command():
    async def failing(_settings, _stop):
        raise click.ClickException("no luck")

    with pytest.raises(click.ClickException, match="no luck"):
        running.run(failing)
