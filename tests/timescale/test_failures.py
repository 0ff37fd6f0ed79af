"""Which errors pass by themselves, and which are a row's fault."""

from __future__ import annotations

import asyncpg
import pytest

from cryptoviz.timescale.failures import fault_of_a_row, or_next_time, retrying, sentence, transient

PASSING = [
    ConnectionRefusedError(),
    ConnectionResetError(),
    FileNotFoundError("the socket of a server that is down"),
    TimeoutError(),
    asyncpg.ConnectionDoesNotExistError(),
    asyncpg.AdminShutdownError(),
    asyncpg.CrashShutdownError(),
    asyncpg.CannotConnectNowError(),
    asyncpg.TooManyConnectionsError(),
    asyncpg.DeadlockDetectedError(),
    asyncpg.SerializationError(),
    asyncpg.LockNotAvailableError(),
    asyncpg.QueryCanceledError(),
    asyncpg.IdleInTransactionSessionTimeoutError(),
    asyncpg.ReadOnlySQLTransactionError(),
    asyncpg.InvalidCachedStatementError(),
    asyncpg.InternalClientError("got result for unknown protocol state 3"),
    asyncpg.InterfaceError("cannot perform operation: connection is closed"),
]
LASTING = [
    asyncpg.UndefinedTableError(),
    asyncpg.UndefinedColumnError(),
    asyncpg.InvalidPasswordError(),
    asyncpg.InvalidCatalogNameError(),
    asyncpg.InsufficientPrivilegeError(),
    asyncpg.ConfigurationLimitExceededError(),
    asyncpg.InterfaceError("pool is closed"),
    asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
    RuntimeError(),
]
ROWS = [
    asyncpg.CharacterNotInRepertoireError(),
    asyncpg.DatetimeFieldOverflowError(),
    asyncpg.NumericValueOutOfRangeError(),
    asyncpg.CheckViolationError(),
    asyncpg.NotNullViolationError(),
    asyncpg.WithCheckOptionViolationError(),
    asyncpg.RaiseError("no trades on Sundays"),
    asyncpg.ProgramLimitExceededError("index row size 9000 exceeds maximum 2712"),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    OverflowError("value out of int32 range"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_these_pass_and_are_no_rows_fault(error: Exception) -> None:
    assert transient(error)
    assert not fault_of_a_row(error)


@pytest.mark.parametrize("error", [*LASTING, *ROWS], ids=repr)
def test_these_do_not_pass(error: Exception) -> None:
    assert not transient(error)


@pytest.mark.parametrize("error", ROWS, ids=repr)
def test_these_are_a_rows_fault(error: Exception) -> None:
    assert fault_of_a_row(error)


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_these_are_nobodys_fault(error: Exception) -> None:
    assert not fault_of_a_row(error)


async def test_a_passing_failure_is_tried_again_until_it_has_passed() -> None:
    failures = [ConnectionResetError(), asyncpg.DeadlockDetectedError("deadlock detected")]

    async for attempt in retrying(None):
        with attempt:
            if failures:
                raise failures.pop()

    assert failures == []


async def test_patience_ends_with_the_error_itself() -> None:
    with pytest.raises(ConnectionResetError):
        async for attempt in retrying(0):
            with attempt:
                raise ConnectionResetError


def test_an_error_reads_as_one_line() -> None:
    error = asyncpg.NotNullViolationError("null value\n  in column")

    assert sentence(error) == "null value in column (SQLSTATE 23502)"
    assert sentence(TimeoutError()) == "TimeoutError"


AWAY = [FileNotFoundError("no socket"), TimeoutError(), asyncpg.AdminShutdownError("stopping")]


@pytest.mark.parametrize("error", AWAY, ids=repr)
def test_what_is_done_again_soon_survives_a_database_that_is_away(error, caplog):
    with or_next_time("The deletion"):
        raise error

    assert "The deletion waits for the database: " in caplog.text


def test_what_does_not_pass_is_raised_even_where_it_is_done_again():
    with pytest.raises(asyncpg.InvalidPasswordError), or_next_time("The deletion"):
        raise asyncpg.InvalidPasswordError("wrong password")
