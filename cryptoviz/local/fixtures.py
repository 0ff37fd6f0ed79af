"""Fixtures of pytest that start the embedded servers once for all tests that ask for them."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from cryptoviz.local.broker import Broker
from cryptoviz.local.database import Database


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """Run one Kafka broker for the session. Who stops it must start it again."""
    with own_directory() as path, Broker(path) as running:
        yield running
        # To stop in order it would write out every partition, of which a session has thousands.
        running.kill()


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """Run one PostgreSQL for the session. Who stops it must start it again."""
    with own_directory() as path, Database(path) as running:
        yield running


@pytest.fixture
def topic_prefix() -> str:
    """Return a prefix that makes the names of a test's topics and groups its own."""
    return f"t{uuid.uuid4().hex[:10]}-"


@contextlib.contextmanager
def own_directory() -> Iterator[Path]:
    """Make a directory for a server, until the block ends."""
    # Not below pytest's own directory: every other run of pytest closes that to all users but its
    # own, and as root PostgreSQL runs as another user.
    with tempfile.TemporaryDirectory(prefix="cryptoviz-test-", ignore_cleanup_errors=True) as path:
        yield Path(path).resolve()
