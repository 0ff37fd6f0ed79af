"""What a client is told when the database refuses a question."""

from types import SimpleNamespace

import asyncpg
import pytest
from yarl import URL

from web.answering import failure

REQUEST = SimpleNamespace(url=URL("http://127.0.0.1/api/v1/candles/BTC/USD/"))


@pytest.mark.parametrize("error", [asyncpg.UndefinedTableError(), asyncpg.UndefinedFunctionError()])
def test_a_database_without_its_schema_is_waited_for(error):
    refusal = failure(REQUEST, error)

    assert refusal.problem.status == 503
    assert "without its tables" in refusal.problem.detail


def test_a_database_that_does_not_answer_is_waited_for():
    assert failure(REQUEST, ConnectionRefusedError()).problem.status == 503


def test_what_is_nobody_s_fault_but_ours_is_a_500_that_says_nothing_of_it():
    refusal = failure(REQUEST, asyncpg.UndefinedColumnError("column secret"))

    assert refusal.problem.status == 500
    assert "secret" not in refusal.problem.detail
