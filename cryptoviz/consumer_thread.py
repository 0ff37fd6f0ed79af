"""The thread in which Kafka's client fetches, keeps its place in the group and commits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

import aiokafka
from aiokafka.errors import NotCoordinatorForGroupError, for_code
from aiokafka.protocol.commit import OffsetFetchRequest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from cryptoviz.fetched import Fetched

# How long the broker may hold a fetch that finds nothing. Faust hard-codes 1,500 ms, and a
# partition that is resumed meanwhile waits for the held fetch to return.
FETCH_MAX_WAIT_MS = 100


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


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread: a shorter wait for empty fetches, and batches taken whole."""

    # Partitions whose records nobody wants to take now. Set from the event loop of the agents.
    held_back: Collection[TP] = frozenset()

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer

    async def on_start(self) -> None:
        """Start the client."""
        await super().on_start()
        consumer = self._ensure_consumer()
        coordinator = consumer._coordinator
        coordinator._send_req = checked_offset_fetch(coordinator)
        consumer._fetcher._records = Fetched(
            self.consumer.app.batched_topics,  # type: ignore[attr-defined]
            lambda tp: tp in self.held_back,
        )

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
