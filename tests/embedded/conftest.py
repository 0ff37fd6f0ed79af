"""What the tests of the embedded stack share."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

DEADLINE_S = 30.0
POLL_S = 0.05


@pytest.fixture
def eventually() -> Callable[[Callable[[], object], str], None]:
    """Return a function that polls a condition until it holds, or fails with a sentence."""

    def poll(condition: Callable[[], object], sentence: str) -> None:
        deadline_s = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline_s, sentence
            time.sleep(POLL_S)

    return poll


@pytest.fixture
def server_dir() -> Iterator[Path]:
    """Make an empty directory that PostgreSQL's own user can reach.

    Not below pytest's directory: every other run of pytest closes that to all users but its own.
    """
    with tempfile.TemporaryDirectory(prefix="cryptoviz-test-", ignore_cleanup_errors=True) as path:
        yield Path(path).resolve()


@pytest.fixture
def alive() -> Callable[[list[int]], list[int]]:
    """Return a function that picks those of some processes that have not ended."""

    def pick(pids: list[int]) -> list[int]:
        return [pid for pid in pids if psutil.pid_exists(pid) and not _is_zombie(pid)]

    return pick


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
