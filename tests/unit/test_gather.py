"""When statements begin, and for whom; what they answer is tests/timescale/test_gather.py's."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from cryptoviz.timescale import gather
from cryptoviz.timescale.gather import Gather


class Connections:
    """A pool that counts the connections it gave, or refuses to give one."""

    def __init__(self, error=None):
        self.given, self.error = 0, error
        self.size, self.idle = 1, 0

    def get_max_size(self):
        return 2

    def get_size(self):
        return self.size

    def get_idle_size(self):
        return self.idle

    @asynccontextmanager
    async def acquire(self, timeout):
        if self.error is not None:
            raise self.error
        self.given += 1
        yield None


class Statements(Gather):
    """Statements that answer when they are let, each reader with its own number."""

    def __init__(self):
        super().__init__("SELECT $1", ["bigint"])
        self.asked, self.let, self.pool = [], [], Connections()

    async def _rows(self, connection, asked):
        numbers = [number for (number,) in asked]
        self.asked.append(numbers)
        let = asyncio.get_running_loop().create_future()
        self.let.append(let)
        await let
        return numbers


def come(statements, *numbers):
    return [asyncio.ensure_future(statements.ask(statements.pool, number)) for number in numbers]


async def answers(readers):
    """Return what *readers* are told; raises TimeoutError if one is told nothing."""
    return await asyncio.wait_for(asyncio.gather(*readers), 5)


async def turn():
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def patient(monkeypatch):
    """Nobody's wait is over within a test."""
    monkeypatch.setattr(gather, "PATIENCE_S", 60)


async def test_who_comes_while_a_statement_is_under_way_shares_the_next(patient):
    statements = Statements()
    first = come(statements, 1)
    await turn()
    others = come(statements, 2, 3, 4)
    await turn()
    assert statements.asked == [[1]]

    statements.let[0].set_result(None)
    await turn()

    assert statements.asked == [[1], [2, 3, 4]]
    statements.let[1].set_result(None)
    assert await answers([*first, *others]) == [1, 2, 3, 4]


async def test_nobody_waits_long_for_the_statement_of_others(monkeypatch):
    monkeypatch.setattr(gather, "PATIENCE_S", 0.01)
    monkeypatch.setattr(gather, "MOST_READERS", 2)
    statements = Statements()
    readers = come(statements, 1)
    await turn()
    readers += come(statements, 2, 3, 4)

    # The second leaves one behind, whose wait is over too; and there are no more than four.
    await asyncio.sleep(0.1)
    assert statements.asked == [[1], [2, 3], [4]]
    readers += come(statements, 5)
    await asyncio.sleep(0.05)
    readers += come(statements, 6)
    await asyncio.sleep(0.05)
    assert statements.asked == [[1], [2, 3], [4], [5]]

    for let in statements.let:
        let.set_result(None)
    await turn()
    statements.let[-1].set_result(None)
    assert await answers(readers) == [1, 2, 3, 4, 5, 6]


async def test_who_comes_as_the_last_statement_ends_is_answered(patient):
    statements = Statements()

    async def ask_twice():
        return [await statements.ask(statements.pool, 1), await statements.ask(statements.pool, 2)]

    reader = asyncio.ensure_future(ask_twice())
    await turn()
    # Who hears of an answer asks again before anybody hears that its statement has ended.
    statements.let[0].set_result(None)
    await turn()

    assert statements.asked == [[1], [2]]
    statements.let[1].set_result(None)
    assert await answers([reader]) == [[1, 2]]


async def ask_one_after_another(statements):
    """Return how many connections a long row of statements took."""
    readers = come(statements, 0)
    for number in range(1, 2 * gather.STATEMENTS_IN_A_ROW):
        await turn()
        readers += come(statements, number)
        statements.let[-1].set_result(None)
    await turn()
    statements.let[-1].set_result(None)
    assert await answers(readers) == list(range(2 * gather.STATEMENTS_IN_A_ROW))
    return statements.pool.given


async def test_a_connection_is_given_back_after_some_statements_when_others_may_wait(patient):
    statements = Statements()
    statements.pool.size = 2

    assert await ask_one_after_another(statements) == 2


@pytest.mark.parametrize(("size", "idle"), [(1, 0), (2, 1)])
async def test_a_connection_is_kept_while_the_pool_has_others(patient, size, idle):
    statements = Statements()
    statements.pool.size, statements.pool.idle = size, idle

    assert await ask_one_after_another(statements) == 1


async def test_who_gets_no_connection_asks_for_itself_and_hears_why(patient, monkeypatch):
    async def fetch(pool, statement, *parameters):
        raise pool.error

    monkeypatch.setattr(gather, "fetch", fetch)
    monkeypatch.setattr(gather, "MOST_READERS", 2)
    statements = Statements()
    statements.pool.error = ConnectionRefusedError("no server")
    readers = come(statements, 1, 2, 3)

    told = await asyncio.wait_for(asyncio.gather(*readers, return_exceptions=True), 5)

    assert told == [statements.pool.error] * 3


async def test_a_statement_that_fails_leaves_nobody_waiting(patient, monkeypatch):
    async def fetch(pool, statement, number):
        return -number

    monkeypatch.setattr(gather, "fetch", fetch)
    statements = Statements()
    readers = come(statements, 1, 2)
    await turn()
    readers += come(statements, 3)
    statements.let[0].set_exception(ConnectionResetError("lost"))
    await turn()
    statements.let[1].set_result(None)

    # Those who were asked for ask for themselves, the third is asked for next.
    assert await answers(readers) == [-1, -2, 3]
    assert statements.pool.given == 2
