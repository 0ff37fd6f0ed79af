"""An app for tests: it folds numbers into a table and notes what it does in a ledger file.

Files in the directory `CONTROL` switch its faults on and off while it runs. A record whose value
is `raise` or `poison` meets that fault while it is switched on.
"""

import asyncio
import gc
import json
import os
from pathlib import Path

from aiokafka import AIOKafkaProducer

from cryptoviz.app import _app
from cryptoviz.batch import BatchSchema, RawBatch, each
from cryptoviz.records import Decoded
from cryptoviz.settings import current
from cryptoviz.topic_fit import TopicSpec
from web import sockets

settings = current()
control = Path(os.environ["CONTROL"])
ledger = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
batch_delay_s = float(os.environ.get("BATCH_DELAY_S", "0"))

app = _app(settings.cryptoviz_id, settings)
source_name, other_name = f"{app.conf.id}-source", f"{app.conf.id}-other"
plain_name, results_name = f"{app.conf.id}-plain", f"{app.conf.id}-results"


def decode(raw):
    if (control / "poison").exists() and any(record.value == b"poison" for record in raw):
        raise ValueError("a poisoned record")
    return Decoded([record.value for record in raw], None, [])


def batched(name):
    app.batched_topics.add(name)
    return app.topic(name, schema=BatchSchema(decode), acks=True)


source, other = batched(source_name), batched(other_name)
plain = app.topic(plain_name, value_type=bytes, value_serializer="raw")
table = app.Table("counts", partitions=settings.topic_partitions, key_type=str, value_type=str)


def unanswered(real):
    """Stand for a Kafka that takes records and says nothing about them, while told to."""

    async def send(producer, *args, **kwargs):
        if (control / "hold-sends").exists():
            return asyncio.get_running_loop().create_future()
        return await real(producer, *args, **kwargs)

    return send


AIOKafkaProducer.send = unanswered(AIOKafkaProducer.send)
AIOKafkaProducer.send_batch = unanswered(AIOKafkaProducer.send_batch)


def note(step, batch):
    line = {
        "step": step,
        "pid": os.getpid(),
        "topic": batch.topic,
        "partition": batch.partition,
        "offsets": list(batch.offsets()),
    }
    os.write(ledger, json.dumps(line).encode() + b"\n")


async def meet_faults(batch):
    await asyncio.sleep(batch_delay_s)
    while (control / f"stall-{batch.topic}").exists():
        await asyncio.sleep(0.01)
    if (control / "raise").exists() and b"raise" in batch.decoded.records:
        raise ValueError("an agent's bug")


def write(batch):
    for value, offset in zip(batch.decoded.records, batch.offsets(), strict=True):
        # Results go as the application's own do; rows of Faust's table in Faust's way.
        result = (b"%d" % offset).ljust(1_500_000 if value == b"huge-result" else 0)
        app.put(results_name, batch.partition, b"%d" % batch.partition, result)
        table[f"{batch.partition}"] = f"{offset}".ljust(300_000 if value == b"large" else 0)


@app.agent(source)
async def fold(batches):
    async for batch in each(batches):
        note("begin", batch)
        await meet_faults(batch)
        write(batch)
        note("end", batch)


@app.agent(other)
async def fold_other(batches):
    async for batch in each(batches):
        note("begin", batch)
        await meet_faults(batch)
        note("end", batch)


@app.agent(plain)
async def keep(stream):
    async for event in stream.events():
        message = event.message
        line = {"step": "plain", "topic": message.topic, "offsets": [message.offset]}
        os.write(ledger, json.dumps({**line, "partition": message.partition}).encode() + b"\n")


if os.environ.get("SECOND_READER"):

    @app.agent(source)
    async def second(batches):
        async for batch in each(batches):
            note("second", batch)


def needed_topics():
    count = settings.topic_partitions
    names = (source_name, other_name, plain_name, results_name)
    return [
        TopicSpec(f"{app.conf.id}-__assignor-__leader", 1),
        *(TopicSpec(name, count) for name in names),
        *(TopicSpec(name, count) for name in sorted(app.tables.changelog_topics)),
    ]


app.needed_topics = needed_topics


@app.page("/health/")
async def health(view, request):
    return view.json({"ready": bool(app.tables.actives_ready) and not app.rebalancing})


@app.page("/state/")
async def state(view, request):
    consumer = app.consumer
    client = consumer._thread._consumer
    # When nothing has come for long.
    asked_for = consumer._thread._asked_for(
        client._subscription.subscription.assignment, float("inf")
    )
    alive = [thing for thing in gc.get_objects() if isinstance(thing, RawBatch)]
    return view.json(
        {
            "batches": len([batch for batch in alive if not batch.finished]),
            "acked": {str(tp): len(offsets) for tp, offsets in consumer._acked.items()},
            "gaps": sorted({tp.topic for tp, gaps in consumer._gap.items() if gaps}),
            "committing": consumer._commit_fut is not None,
            "fetch_max_wait_ms": client._fetcher._fetch_max_wait_ms,
            "asked_for": sorted({tp.topic for tp in asked_for.tps}),
            "assigned": sorted({tp.topic for tp in client.assignment()}),
        }
    )


@app.page("/seek/")
async def seek(view, request):
    await app.consumer.perform_seek()
    return view.json({})


async def socket(request):
    opened = await sockets.accept(app, request)
    async for _ in opened:
        await opened.send_str("heard")
    return opened


app.web.web_app.router.add_get("/socket/", socket)
sockets.close_at_shutdown(app)
