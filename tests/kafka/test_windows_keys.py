"""Topics that their producers do not key by pair: noticed, and repaired."""

import asyncio

from tests import oracle
from tests.kafka.market import expected_of, messages
from tests.kafka.measured import health, measured
from tests.waiting import eventually

AMBIGUOUS = {"first", "last", "open", "close", "realised_volatility"}


async def test_topics_that_are_not_keyed_by_pair_are_reported_everywhere(deploy):
    market = await deploy()
    worker = await asyncio.to_thread(market.worker().start)
    assert "keys" not in health(worker)["down"]
    assert measured(worker, "cryptoviz_up", part="keys") == 1
    await market.send(messages(3_000, seed=22, pairs=("BTC/USD", "UNI/USD")), key=by_turns())
    await market.drained()

    for kind in ("ticker", "trade", "alert"):
        topic = market.topics[kind]
        await eventually(
            lambda topic=topic: f"Topic {topic} is not keyed by pair: UNI/USD" in worker.log,
            "a report of the wrong keys",
        )
        assert f"UNI/USD in {topic}" in health(worker)["down"]["keys"]
    assert (health(worker)["ready"], health(worker)["status"]) == (True, "degraded")
    assert measured(worker, "cryptoviz_up", part="keys") == 0
    assert measured(worker, "cryptoviz_up", part="tables") == 1


async def test_rekeying_repairs_topics_that_are_not_keyed_by_pair(deploy, topic_prefix):
    market = await deploy(
        # Those of its first deployment.
        REKEY_TOPICS=",".join(
            f"{topic_prefix}0-raw{kind}" for kind in ("ticker", "trade", "alert")
        ),
        MAX_POLL_RECORDS="700",
    )
    sent = messages(20_000, seed=23)
    worker = await asyncio.to_thread(market.worker().start)
    await market.send(sent[:10_000], chunk=200, pause_s=0.02, key=by_turns())
    await asyncio.to_thread(worker.kill)
    await market.send(sent[10_000:], key=by_turns())
    await asyncio.to_thread(worker.start)
    await market.drained()
    await asyncio.to_thread(worker.terminate)

    expected = expected_of(sent)
    for table in ("candles", "candles_1h", "prices", "alerts"):
        rows = await market.changelog(table)
        # Which of two records of one second came first is not known across partitions.
        found = {
            key: wrong
            for key, wrong in oracle.differences(expected[table], rows).items()
            if isinstance(wrong, str) or not wrong.keys() <= AMBIGUOUS
        }
        assert not found, (table, len(found), list(found.items())[:3])
    assert "is not keyed by pair" not in worker.log


def by_turns():
    """Return keys that spread messages over all partitions."""
    number = 0

    def key(message):
        nonlocal number
        number += 1
        return f"{message.kind}{number}".encode()

    return key
