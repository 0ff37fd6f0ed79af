"""The limit on stopping: a process that cannot end by itself is ended, with its status."""

import subprocess
import sys

import pytest


def run(program):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize("status", [0, 1])
def test_a_process_that_waits_for_ever_ends_with_the_status_of_its_work(status):
    result = run(
        "import logging, threading\n"
        "from cryptoviz import shutdown\n"
        "logging.basicConfig()\n"
        f"shutdown.limit(lambda: {status}, 0.05)\n"
        "threading.Event().wait()\n"
    )

    assert result.returncode == status
    assert "Not stopped after 0.05 s, so the process ends now" in result.stderr


def test_a_process_that_ends_in_time_is_left_alone():
    result = run("from cryptoviz import shutdown\nshutdown.limit(lambda: 3, 20.0)\n")

    assert result.returncode == 0
    assert not result.stderr
