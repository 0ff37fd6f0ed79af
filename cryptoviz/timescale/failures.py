"""What an error of the database means: wait and try again, blame a row, or give up.

Every retry in this package asks `transient`; nothing else decides it.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, Iterator
from contextlib import AbstractContextManager, contextmanager

import asyncpg
import stamina

log = logging.getLogger(__name__)

# By SQLSTATE: connection lost (08), resources short (53), server stopping or starting (57P0x),
# statement timeout (57014), serialization failure and deadlock (40001, 40P01), lock not available
# (55P03), idle too long in a transaction (25P03), and a standby during a failover (25006).
_TRANSIENT_CLASSES = ("08", "53")
_TRANSIENT_STATES = frozenset(
    ["57P01", "57P02", "57P03", "57P05", "57014", "40001", "40P01", "55P03", "25P03", "25006"]
)
# A configured limit is exceeded by the statement itself, though it counts among resources.
_LIMIT_EXCEEDED = "53400"
# The data (22), a constraint (23), the condition of a view (44), a value too large for its index
# (54000), or a trigger that the database's owner has added (P0001).
_ROW_CLASSES = ("22", "23", "44", "54")
_RAISED = "P0001"


def transient(error: Exception) -> bool:
    """Tell whether *error* may pass by itself: a restart, a lost connection, a deadlock."""
    if isinstance(error, asyncpg.PostgresError):
        # A migration beside us has changed what a prepared statement returns.
        if isinstance(error, asyncpg.InvalidCachedStatementError):
            return True
        state = error.sqlstate or ""
        if state == _LIMIT_EXCEEDED:
            return False
        return state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES
    if isinstance(error, asyncpg.InterfaceError):
        # A pool that was closed stays closed; a closed connection is replaced by a new one.
        return "closed" in str(error) and "pool" not in str(error)
    # A connection that is killed during COPY shows as an InternalClientError.
    return isinstance(error, (OSError, TimeoutError, asyncpg.InternalClientError))


def fault_of_a_row(error: Exception) -> bool:
    """Tell whether *error* is about a value that was sent, so that other rows may do better."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state[:2] in _ROW_CLASSES or state == _RAISED
    # Values that asyncpg cannot encode: its own error is a ValueError, and so is a surrogate's. A
    # TypeError would be a mistake in our columns.
    return isinstance(error, (ValueError, OverflowError))


def retrying(patience_s: float | None) -> AsyncIterable[AbstractContextManager[object]]:
    """Iterate over attempts until one succeeds, waiting longer each time, with jitter.

    Gives up after *patience_s* seconds, never when it is None; other errors are raised at once.
    """
    return stamina.retry_context(
        on=transient,
        # stamina would warn of a timeout of 0.
        attempts=1 if patience_s == 0 else None,
        timeout=patience_s or None,
        wait_initial=0.05,
        wait_max=5.0,
        wait_jitter=0.2,
    )


@contextmanager
def or_next_time(what: str) -> Iterator[None]:
    """Log a passing error of what is done again soon anyway; *what* begins the sentence."""
    try:
        yield
    except Exception as error:
        if not transient(error):
            raise
        log.warning("%s waits for the database: %s", what, sentence(error))


def sentence(error: BaseException) -> str:
    """Return *error* in one line: what was wrong, where, and its SQLSTATE if it has one."""
    text = " ".join(str(error).split())
    if isinstance(error, asyncpg.PostgresError):
        # The context names table, line and column of a COPY, and ends with the value's text.
        where = f" [{' '.join(error.context.split())}]" if error.context else ""
        return f"{text}{where} (SQLSTATE {error.sqlstate})"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
