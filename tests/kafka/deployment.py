"""A deployment of the ledger app for one test, and what can be seen of it from outside."""

import asyncio
import contextlib
import json
import os
from collections import defaultdict
from pathlib import Path

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from cryptoviz.local.drained import wait_until_drained
from cryptoviz.local.worker import WorkerProcess
from tests.waiting import stored

APP = "tests.kafka.apps.ledger"
PARTITIONS = 4
ROOT = Path(__file__).parents[2]


class Deployment:
    """The topics, the ledger and the workers of one test."""

    def __init__(self, broker, name, directory, partitions=PARTITIONS):
        self.broker, self.name, self.partitions = broker, name, partitions
        self.directory = directory
        self.control = directory / "control"
        self.control.mkdir()
        self.ledger_path = directory / "ledger.jsonl"
        self.workers = []
        self.source, self.other = f"{name}-source", f"{name}-other"
        self.plain, self.results_topic = f"{name}-plain", f"{name}-results"
        self.changelog = f"{name}-counts-changelog"

    def worker(self, name="one", app=APP, **environ):
        """Return a worker that is not started yet."""
        process = WorkerProcess(
            self.directory / name,
            {
                "KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
                "CRYPTOVIZ_ID": self.name,
                "CRYPTOVIZ_SINK": "off",
                "TOPIC_PARTITIONS": str(self.partitions),
                "COMMIT_INTERVAL": "0.2",
                "CONTROL": str(self.control),
                "LEDGER": str(self.ledger_path),
                # The app is a test's, so it is found from the checkout only.
                "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
                **environ,
            },
            app,
        )
        self.workers.append(process)
        return process

    def switch_on(self, fault):
        (self.control / fault).touch()

    def switch_off(self, fault):
        (self.control / fault).unlink()

    def notes(self, step, topic=None):
        """Return the offsets noted at *step*, by partition, in the order of the notes."""
        found = defaultdict(list)
        for line in self._lines():
            if line["step"] == step and line["topic"] == (topic or self.source):
                found[line["partition"]] += line["offsets"]
        return found

    def pids(self):
        """Return the processes that have finished a batch."""
        return {line["pid"] for line in self._lines() if line["step"] == "end"}

    def _lines(self):
        text = self.ledger_path.read_text() if self.ledger_path.exists() else ""
        return map(json.loads, text.splitlines())

    async def create(self, name, partitions=None, **config):
        """Create a topic; the keys of *config* are written with underscores."""
        config = {key.replace("_", "."): value for key, value in config.items()}
        async with self.admin() as admin:
            await admin.create_topics(
                [NewTopic(name, partitions or self.partitions, 1, topic_configs=config)]
            )

    @contextlib.contextmanager
    def kafka_away(self, how):
        """Freeze the broker or kill it; it is back at the end."""
        if how == "frozen":
            self.broker.pause()
        else:
            self.broker.kill()
        try:
            yield
        finally:
            if how == "frozen":
                self.broker.resume()
            else:
                self.broker.start()

    @contextlib.asynccontextmanager
    async def admin(self):
        client = AIOKafkaAdminClient(bootstrap_servers=self.broker.bootstrap_servers)
        await client.start()
        try:
            yield client
        finally:
            await client.close()

    async def send(self, topic, values, partitions=None, **options):
        """Send all of *values* to each partition; records are small, so batches come quickly."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.broker.bootstrap_servers, linger_ms=5, **options
        )
        await producer.start()
        for partition in partitions if partitions is not None else range(self.partitions):
            sent = [await producer.send(topic, value, partition=partition) for value in values]
            await asyncio.gather(*sent)
        await producer.stop()

    async def committed(self, topic=None):
        """Return the group's offset in each partition of *topic*; 0 where there is none."""
        tps = [TopicPartition(topic or self.source, number) for number in range(self.partitions)]
        async with self.admin() as admin:
            offsets = await admin.list_consumer_group_offsets(self.name, partitions=tps)
        return {tp.partition: max(entry.offset, 0) for tp, entry in offsets.items()}

    async def drained(self, *topics, timeout_s=60.0):
        """Wait until the group has committed everything; the lag is 0 then."""
        await wait_until_drained(
            self.broker.bootstrap_servers, self.name, topics or [self.source], timeout_s
        )

    async def results(self):
        """Return (partition, offset) of each record for which a result is in Kafka."""
        return {(int(one.key), int(one.value)) for one in await self.stored(self.results_topic)}

    async def rows(self):
        """Return the last offset folded into each partition's row, as the changelog has it."""
        changes = await self.stored(self.changelog)
        return {int(json.loads(one.key)): int(json.loads(one.value)) for one in changes}

    async def stored(self, topic):
        """Return all records of *topic*."""
        return await stored(self.broker.bootstrap_servers, topic, self.partitions)
