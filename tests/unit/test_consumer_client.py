"""The client of a consumer: which partitions it asks Kafka for, and in which event loop it runs."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from aiokafka.protocol.fetch import FetchRequest
from faust.types import TP

from cryptoviz import consumer_client
from cryptoviz.app import BatchedApp
from cryptoviz.fetched import Fetched

SOURCE, CHANGELOG = TP("source", 0), TP("table-changelog", 0)
TPS = (SOURCE, CHANGELOG)
NOW_S = 1_000.0


@pytest.fixture
async def client(tmp_path):
    app = BatchedApp("unit", broker="batched://127.0.0.1:1", datadir=str(tmp_path))
    app.finalize()
    return app.consumer._thread


@pytest.fixture
def woken(client):
    """How often the loop that fetches was told to look again."""
    calls = []
    fetcher = SimpleNamespace(
        _wait_consume_future="consumed",
        _notify=calls.append,
        _records=Fetched((), lambda tp: tp in client.held_back),
        _select_read_replica=lambda tp: tp.partition,
    )
    client._consumer = SimpleNamespace(_fetcher=fetcher)
    return calls


def assignment(**known):
    """Partitions, each with whether it is known from where to read it."""
    states = {tp: SimpleNamespace(has_valid_position=known[tp.topic[:5]]) for tp in TPS}
    return SimpleNamespace(tps=list(states), state_value=states.__getitem__)


async def test_a_partition_that_nobody_wants_is_not_asked_for(client, woken):
    client.want({SOURCE})

    asked_for = client._asked_for(assignment(sourc=True, table=True), NOW_S)

    assert asked_for.tps == [SOURCE]
    assert asked_for.state_value(SOURCE).has_valid_position


async def test_where_reading_begins_is_looked_up_of_partitions_that_nobody_wants_too(client, woken):
    client.want({SOURCE})

    asked_for = client._asked_for(assignment(sourc=True, table=False), NOW_S)

    assert asked_for.tps == [SOURCE, CHANGELOG]


async def test_the_loop_that_fetches_hears_of_a_change_and_of_nothing_else(client, woken):
    wanted = {SOURCE}
    client.want(wanted)
    client.want({SOURCE})
    assert woken == ["consumed"]

    # Faust changes its set in place.
    wanted.add(CHANGELOG)
    client.want(wanted)

    assert woken == ["consumed"] * 2
    assert client._asked_for(assignment(sourc=True, table=True), NOW_S).tps == [SOURCE, CHANGELOG]


@pytest.fixture
def clock(monkeypatch):
    """Return a function that lets time go by (s)."""
    now_s = [NOW_S]
    monkeypatch.setattr("time.monotonic", lambda: now_s[0])

    def advance(seconds):
        now_s[0] += seconds

    return advance


def asked(client, tps, brings=()):
    """Return by broker what it is asked for and for how long it may wait (ms), then answer."""
    held = SimpleNamespace(
        tps=list(tps), state_value=lambda tp: SimpleNamespace(has_valid_position=True)
    )

    def get_actions(asked_for):
        # A partition's number is its broker's, here.
        nodes = {}
        for tp in asked_for.tps:
            nodes.setdefault(tp.partition, []).append(tp)
        requests = [(node, FetchRequest(100, 1, 1, 0, tps)) for node, tps in nodes.items()]
        return requests, {}, 0.2, False, []

    requests, *others = client._actions(get_actions, held)
    assert others == [{}, 0.2, False, []]
    for tp in brings:
        client._consumer._fetcher._records[tp] = "records"
    return {
        node: ({tp.topic for tp in request.topics}, request._max_wait_ms)
        for node, request in requests
    }


BUSY, QUIET, ELSEWHERE = TP("busy", 0), TP("quiet", 0), TP("elsewhere", 1)


async def test_what_has_nothing_is_asked_for_seldom_while_others_have(client, woken, clock):
    tps = [BUSY, QUIET]
    client.want(set(tps))
    assert asked(client, tps, brings=[BUSY]) == {0: ({"busy", "quiet"}, 100)}

    clock(consumer_client.QUIET_S - 0.0205)
    # Kafka may hold this fetch only until all are due again.
    assert asked(client, tps) == {0: ({"busy"}, 21)}
    clock(0.0205)
    assert asked(client, tps) == {0: ({"busy", "quiet"}, 100)}
    assert asked(client, tps, brings=[QUIET]) == {0: ({"busy"}, 25)}
    assert asked(client, tps) == {0: ({"busy", "quiet"}, 25)}


async def test_all_are_asked_for_when_none_has_anything(client, woken, clock):
    tps = [BUSY, QUIET]
    client.want(set(tps))
    asked(client, tps, brings=[BUSY])
    clock(consumer_client.BUSY_S)

    for _ in range(3):
        assert asked(client, tps)[0][0] == {"busy", "quiet"}


async def test_what_is_busy_but_not_wanted_keeps_no_other_waiting(client, woken, clock):
    tps = [BUSY, QUIET]
    client.want(set(tps))
    asked(client, tps, brings=[BUSY])
    client.want({QUIET})

    assert asked(client, tps)[0][0] == {"quiet"}


async def test_what_waits_for_its_agent_keeps_no_other_waiting(client, woken, clock):
    tps = [BUSY, QUIET]
    client.want(set(tps))
    client.held_back = {BUSY}
    asked(client, tps, brings=[BUSY])

    # aiokafka asks for nothing of which records wait; it would ask for nothing at all.
    assert "quiet" in asked(client, tps)[0][0]


async def test_a_broker_without_busy_partitions_is_asked_as_often_as_others(client, woken, clock):
    tps = [BUSY, QUIET, ELSEWHERE]
    client.want(set(tps))
    rounds = []
    for _ in range(60):
        rounds.append(asked(client, tps, brings=[BUSY]))
        clock(0.005)

    everything = {0: {"busy", "quiet"}, 1: {"elsewhere"}}
    assert [{node: topics for node, (topics, _) in each.items()} for each in rounds] == [
        everything if number % 5 == 0 else {0: {"busy"}} for number in range(60)
    ]


async def test_kafka_holds_fetches_for_longer_where_nothing_comes(client, woken, clock):
    tps = [BUSY, QUIET]

    def held_ms():
        return asked(client, tps)[0][1]

    client.want(set(tps))
    clock(consumer_client.IDLE_S - 0.5)
    assert held_ms() == 100
    clock(0.5)
    assert held_ms() == 500

    asked(client, tps, brings=[BUSY])
    clock(consumer_client.IDLE_S - 0.5)
    assert held_ms() == 100
    clock(0.5)
    assert held_ms() == 500

    # Who resumes a partition waits for the fetch that is held.
    client.want({QUIET})
    clock(consumer_client.QUIET_S)
    assert held_ms() == 100


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
