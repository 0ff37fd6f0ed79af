from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from cryptoviz.local.children import Child, StartError
from cryptoviz.local.stack import Stack

STACK_PARENT = """
import json, pathlib, sys
from cryptoviz.local.stack import Stack
stack = Stack(pathlib.Path(sys.argv[1]), environ={}).start()
print(json.dumps([stack.broker.pid, stack.database.pid]), flush=True)
sys.stdin.read()
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True)\n"
STUBBORN += "while True: time.sleep(1)"
FAMILY = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def parent(server_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that starts a stack in `data`."""
    command = [sys.executable, "-c", STACK_PARENT, str(server_dir / "data")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.kill()


def test_the_servers_end_when_their_parent_is_killed(
    parent: subprocess.Popen[str], server_dir: Path, eventually: Any, alive: Any
):
    assert parent.stdout is not None
    servers = json.loads(parent.stdout.readline())
    family = [child.pid for child in psutil.Process(parent.pid).children(recursive=True)]
    assert set(servers) < set(family)

    parent.kill()

    eventually(lambda: not alive(family), f"of {family} some outlived their parent")
    # What they had is whole: another stack starts on it.
    with Stack(server_dir / "data", environ={}) as stack:
        assert stack.failure() is None


def test_a_stack_started_at_the_moment_of_a_kill_waits_for_the_old_servers(
    parent: subprocess.Popen[str], server_dir: Path
):
    assert parent.stdout is not None
    parent.stdout.readline()

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()

    with Stack(server_dir / "data", environ={}) as stack:
        assert stack.failure() is None


def test_a_child_ends_when_its_guard_is_killed(eventually: Any, alive: Any):
    if sys.platform != "linux":
        return
    child = Child([sys.executable, "-c", "import time; time.sleep(600)"])
    guard = psutil.Process(child.pid).parent()
    assert guard is not None

    guard.kill()

    eventually(lambda: not alive([child.pid]), "the child outlived its guard")
    child.stop()


def test_a_child_that_ignores_its_stop_signal_is_killed(tmp_path: Path, eventually: Any):
    with (tmp_path / "log").open("wb") as log:
        child = Child([sys.executable, "-c", STUBBORN], log=log, grace_s=0.2)
    eventually(lambda: (tmp_path / "log").stat().st_size, "the child did not start")

    assert child.stop() == -signal.SIGKILL


def test_stopping_a_child_ends_the_processes_that_it_started(
    tmp_path: Path, eventually: Any, alive: Callable[[list[int]], list[int]]
):
    with (tmp_path / "log").open("wb") as log:
        child = Child([sys.executable, "-c", FAMILY], log=log)
    eventually(lambda: (tmp_path / "log").read_text().endswith("\n"), "no grandchild started")
    grandchild = int((tmp_path / "log").read_text())

    child.stop()

    assert not alive([child.pid, grandchild])


def test_a_command_that_does_not_exist_is_named():
    with pytest.raises(StartError, match="/no/such/program cannot be run"):
        Child(["/no/such/program"])


def test_the_exit_status_is_the_commands_own():
    assert Child([sys.executable, "-c", "raise SystemExit(7)"]).wait(20) == 7
