"""Kafka's client of a consumer: it fetches, keeps its place in the group and commits."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from types import SimpleNamespace
from typing import Any

import aiokafka
from aiokafka.errors import NotCoordinatorForGroupError, for_code
from aiokafka.protocol.commit import OffsetFetchRequest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.utils.futures import maybe_async

from cryptoviz.fetched import Fetched

# How long the broker may hold a fetch that finds nothing. Faust hard-codes 1,500 ms, and a
# partition that is resumed meanwhile waits for the held fetch to return.
FETCH_MAX_WAIT_MS = 100
# Where nothing came for IDLE_S and no partition was resumed, it may hold a fetch for longer: worker
# and broker spend CPU time on each that is empty.
IDLE_S = 5.0
IDLE_MAX_WAIT_MS = 500
# A fetch costs client and broker some microseconds for each partition, also of those that it brings
# nothing of. So while some have records, fetches ask for those alone that had any in the last
# BUSY_S, and a broker is asked for all of its partitions every QUIET_S.
BUSY_S = 0.25
QUIET_S = 0.025


def checked_offset_fetch(coordinator: Any) -> Callable[[Any], Awaitable[Any]]:
    """Return the coordinator's way to send a request, minding the error of a whole answer.

    aiokafka 0.14 looks at the errors of partitions alone. A coordinator that is still loading
    answers with an error and no partition, which would pass for "nothing is committed" and have
    every topic read from its start.
    """
    send = coordinator._send_req

    async def checked(request: Any) -> Any:
        response = await send(request)
        code = getattr(response, "error_code", 0)
        if isinstance(request, OffsetFetchRequest) and code:
            error = for_code(code)
            if error is NotCoordinatorForGroupError:
                coordinator.coordinator_dead()
            raise error()
        return response

    return checked


class ConsumerClient(driver.AIOKafkaConsumerThread):
    """Kafka's client of a consumer, in the event loop of the agents instead of Faust's thread.

    It waits for less long in empty fetches, asks for no partition that nobody wants and seldom for
    those that have nothing, and lets batches be taken whole.
    """

    # Partitions whose records nobody wants to take now.
    held_back: Collection[TP] = frozenset()
    _wanted: Collection[TP] = frozenset()

    def __init__(self, consumer: Any, *, loop: Any, **options: Any) -> None:
        super().__init__(consumer, loop=loop, thread_loop=loop, **options)
        # When each broker is to be asked for all its partitions again (monotonic).
        self._all_due_s: dict[int, float] = {}
        # When other partitions were wanted than before (monotonic).
        self._wanted_s = time.monotonic()

    async def start(self) -> None:
        """Start the client here. Faust's way is to have a thread do it in a loop of its own."""
        self._thread_started.set()
        await self._default_start()

    # What Faust leaves to its thread when it stops.

    def _stopped_set(self) -> None:
        self._stopped.set()

    async def _stop_children(self) -> None:
        await self.on_thread_stop()
        await self._default_stop_children()
        self._shutdown.set()

    async def _stop_futures(self) -> None:
        await self._default_stop_futures()

    async def _stop_exit_stacks(self) -> None:
        await self._default_stop_exit_stacks()

    async def call_thread(self, fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call *fun*, a method of the client, and wait for what it returns."""
        return await maybe_async(fun(*args, **kwargs))

    async def on_start(self) -> None:
        """Start the client."""
        await super().on_start()
        consumer = self._ensure_consumer()
        coordinator, fetcher = consumer._coordinator, consumer._fetcher
        coordinator._send_req = checked_offset_fetch(coordinator)
        fetcher._get_actions_per_node = partial(self._actions, fetcher._get_actions_per_node)
        fetcher._records = Fetched(
            self.consumer.app.batched_topics,  # type: ignore[attr-defined]
            lambda tp: tp in self.held_back,
        )

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer

    def want(self, tps: Collection[TP]) -> None:
        """Fetch from *tps* alone from now on.

        Faust pauses partitions by not taking what was fetched from them. So each fetch asked for
        all changelogs too, long after recovery, and aiokafka writes and reads its requests in
        Python, one partition after another.
        """
        if tps != self._wanted:
            self._wanted, self._wanted_s = frozenset(tps), time.monotonic()
            fetcher = self._ensure_consumer()._fetcher
            fetcher._notify(fetcher._wait_consume_future)

    def _actions(self, get_actions: Callable[[Any], Any], assignment: Any) -> Any:
        """Return what aiokafka's *get_actions* would have done now, requests to brokers first."""
        now_s = time.monotonic()
        actions = get_actions(self._asked_for(assignment, now_s))
        for node, request in actions[0]:
            left_s = self._all_due_s.get(node, 0.0) - now_s
            if left_s > 0:
                request._max_wait_ms = math.ceil(left_s * 1000)
            else:
                self._all_due_s[node] = now_s + QUIET_S
                if self._is_idle(now_s):
                    request._max_wait_ms = IDLE_MAX_WAIT_MS
        return actions

    def _is_idle(self, now_s: float) -> bool:
        since_s = now_s - IDLE_S
        records = self._ensure_consumer()._fetcher._records
        return self._wanted_s <= since_s and next(records.since(since_s), None) is None

    def _asked_for(self, assignment: Any, now_s: float) -> Any:
        state, wanted, held = assignment.state_value, self._wanted, assignment.tps
        fetcher = self._ensure_consumer()._fetcher
        busy = [tp for tp in fetcher._records.since(now_s - BUSY_S) if tp in wanted and tp in held]
        nodes = {fetcher._select_read_replica(tp) for tp in busy}
        if nodes and all(self._all_due_s.get(node, 0.0) > now_s for node in nodes):
            return SimpleNamespace(tps=busy, state_value=state)
        # Where reading begins is looked up of all: who seeks waits for it.
        tps = [tp for tp in held if tp in wanted or not state(tp).has_valid_position]
        return SimpleNamespace(tps=tps, state_value=state)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Let Faust look whether *tp* moves, once it is known from where it is read.

        Faust takes that for granted. It is not for a moment after a rebalance, and a worker that
        had been frozen for longer than its session ended when it was taken back.
        """
        if self.reached(tp) is not None:
            super().verify_event_path(now, tp)

    def reached(self, tp: TP) -> int | None:
        """Return the offset at which the next fetch of *tp* begins; None if it is not known."""
        state = self._state(tp)
        return state.position if state is not None and state.has_valid_position else None

    def end(self, tp: TP) -> int | None:
        """Return the offset behind the last record of *tp*, as the last fetch told it."""
        state = self._state(tp)
        return None if state is None else state.highwater

    def _state(self, tp: TP) -> Any:
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription else None
        key = aiokafka.TopicPartition(*tp)
        if assignment is None or key not in assignment.tps:
            return None
        return assignment.state_value(key)
