"""The client of a consumer: which partitions it asks Kafka for, and in which event loop it runs."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from faust.types import TP

from cryptoviz.app import BatchedApp

SOURCE, CHANGELOG = TP("source", 0), TP("table-changelog", 0)
TPS = (SOURCE, CHANGELOG)


@pytest.fixture
async def client(tmp_path):
    app = BatchedApp("unit", broker="batched://127.0.0.1:1", datadir=str(tmp_path))
    app.finalize()
    return app.consumer._thread


@pytest.fixture
def woken(client):
    """How often the loop that fetches was told to look again."""
    calls = []
    fetcher = SimpleNamespace(_wait_consume_future="consumed", _notify=calls.append)
    client._consumer = SimpleNamespace(_fetcher=fetcher)
    return calls


def assignment(**known):
    """Partitions, each with whether it is known from where to read it."""
    states = {tp: SimpleNamespace(has_valid_position=known[tp.topic[:5]]) for tp in TPS}
    return SimpleNamespace(tps=list(states), state_value=states.__getitem__)


async def test_a_partition_that_nobody_wants_is_not_asked_for(client, woken):
    client.want({SOURCE})

    asked_for = client._asked_for(assignment(sourc=True, table=True))

    assert asked_for.tps == [SOURCE]
    assert asked_for.state_value(SOURCE).has_valid_position


async def test_where_reading_begins_is_looked_up_of_partitions_that_nobody_wants_too(client, woken):
    client.want({SOURCE})

    assert client._asked_for(assignment(sourc=True, table=False)).tps == [SOURCE, CHANGELOG]


async def test_the_loop_that_fetches_hears_of_a_change_and_of_nothing_else(client, woken):
    wanted = {SOURCE}
    client.want(wanted)
    client.want({SOURCE})
    assert woken == ["consumed"]

    # Faust changes its set in place.
    wanted.add(CHANGELOG)
    client.want(wanted)

    assert woken == ["consumed"] * 2
    assert client._asked_for(assignment(sourc=True, table=True)).tps == [SOURCE, CHANGELOG]


async def test_the_client_is_called_in_the_event_loop_of_the_agents(client):
    async def awaited(number, *, twice):
        return asyncio.get_running_loop(), threading.current_thread(), number * twice

    here = asyncio.get_running_loop(), threading.current_thread()

    assert await client.call_thread(awaited, 3, twice=2) == (*here, 6)
    assert await client.call_thread(lambda: 5) == 5
    assert client.thread_loop is client.parent_loop


async def test_what_the_client_raises_is_raised(client):
    async def refused():
        raise LookupError("unknown")

    with pytest.raises(LookupError, match="unknown"):
        await client.call_thread(refused)
