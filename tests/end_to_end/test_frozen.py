"""A worker that was frozen for longer than its session is taken back."""

import asyncio
import signal

from .test_flow import TABLES, a_market


async def test_a_worker_that_kafka_gave_up_goes_on_when_it_wakes(deployment, by_kind):
    first, then = a_market(1_000, seed=1), a_market(1_000, seed=2)
    worker = deployment.worker().start()
    await deployment.send(first)
    await deployment.drained()

    worker.child.send(signal.SIGSTOP)
    # Longer than the session of 10 s, after which Kafka gives the partitions away.
    await asyncio.sleep(13)
    await deployment.send(then)
    worker.child.send(signal.SIGCONT)
    await deployment.drained()

    sent = by_kind(first + then)
    for kind, table in TABLES.items():
        assert await deployment.count(table) == sent.get(kind, 0), table
