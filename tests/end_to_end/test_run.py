"""`make run`: one command, and a market can be watched."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

READY_WITHIN_S = 60


def answer(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return json.load(response)
    except (OSError, urllib.error.HTTPError):
        return None


@pytest.fixture
def directory():
    # Not below pytest's own directory, which PostgreSQL's user may not be let into.
    with tempfile.TemporaryDirectory(prefix="cryptoviz-test-", ignore_cleanup_errors=True) as path:
        yield Path(path).resolve()


def test_one_command_shows_candles_and_ctrl_c_leaves_no_process(directory):
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in ("KAFKA_BOOTSTRAP_SERVERS", "TIMESCALE_DSN", "WEB_PORT")
    }
    output = directory / "output"
    with output.open("wb") as log:
        command = subprocess.Popen(
            [sys.executable, "-m", "cryptoviz.local.run", "--data-dir", str(directory / "data")],
            stdout=log,
            stderr=log,
            env=environ,
            start_new_session=True,
        )
    began_s = time.monotonic()
    try:
        rows = None
        while not rows:
            assert time.monotonic() - began_s < READY_WITHIN_S, output.read_text()
            assert command.poll() is None, output.read_text()
            time.sleep(0.2)
            if printed := re.search(r"candles +(http\S+)", output.read_text()):
                rows = answer(printed[1])
        assert rows["key"] == "BTC/USD"
        assert rows["rows"][0]["trades"] > 0
        family = psutil.Process(command.pid).children(recursive=True)
        assert len(family) >= 8
    finally:
        os.killpg(command.pid, signal.SIGINT)
        status = command.wait(30)
    assert status == 0
    assert not [process for process in family if process.is_running()]
