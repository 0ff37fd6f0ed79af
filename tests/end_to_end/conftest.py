"""A deployment of its own for each test, on the session's broker and database server."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from cryptoviz.commands.outbox import open_outbox
from cryptoviz.local.drained import wait_until_drained
from cryptoviz.local.worker import WorkerProcess
from cryptoviz.settings import load
from tests.databases import create_database, dsn_of
from tests.waiting import stored

KINDS = ("ticker", "trade", "article", "alert")
PARTITIONS = 4


@dataclass
class Deployment:
    """One application: its topics, its database, its workers."""

    name: str
    broker: object
    server: object
    directory: object
    workers: list = field(default_factory=list)

    def __post_init__(self):
        self.database_name = self.name.strip("-")
        self.dsn = dsn_of(self.server, self.database_name)
        self.topics = {kind: f"{self.name}raw{kind}" for kind in KINDS}
        self.environ = {
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
            "TIMESCALE_DSN": self.dsn,
            "CRYPTOVIZ_ID": self.database_name,
            "COMMIT_INTERVAL": "0.3",
            # A worker under another name need not wait long for what the one before it held.
            "SESSION_TIMEOUT": "10",
            **{f"TOPIC_RAW{kind.upper()}": topic for kind, topic in self.topics.items()},
        }

    @property
    def group(self):
        return self.environ["CRYPTOVIZ_ID"]

    def worker(self, name="worker", app=None, **environ):
        """Return a worker of this deployment, not started yet."""
        process = WorkerProcess(self.directory / name, {**self.environ, **environ}, app)
        self.workers.append(process)
        return process

    async def create_topics(self):
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.bootstrap_servers)
        await admin.start()
        kept = {"retention.ms": "-1"}
        await admin.create_topics(
            [NewTopic(topic, PARTITIONS, 1, topic_configs=kept) for topic in self.topics.values()]
        )
        await admin.close()

    async def send(self, messages):
        """Send simulated *messages* (kind, key, value, timestamp in ms) as fast as Kafka takes."""
        async with open_outbox(load(self.environ), self.topics.values()) as outbox:
            for number, (kind, key, value, stamp_ms) in enumerate(messages):
                outbox.put(self.topics[kind], key, value, timestamp_ms=stamp_ms)
                if number % 1_000 == 999:
                    await outbox.send()
            await outbox.send()
            await outbox.flush()

    async def drained(self, *groups, timeout_s=60.0):
        topics, servers = list(self.topics.values()), self.broker.bootstrap_servers
        for group in groups or (self.group, f"{self.group}-sink"):
            waiting = asyncio.ensure_future(wait_until_drained(servers, group, topics, timeout_s))
            while not (await asyncio.wait([waiting], timeout=0.5))[0]:
                for worker in self.workers:
                    assert worker.exit_status in (None, "stopped"), worker.tail()
            await waiting

    async def records(self, topic):
        """Return all records of *topic*, those of each partition in order."""
        return await stored(self.broker.bootstrap_servers, topic, PARTITIONS)

    async def fetch(self, statement, *parameters):
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetch(statement, *parameters)
        finally:
            await connection.close()

    async def count(self, table):
        return (await self.fetch(f"SELECT count(*) FROM {table}"))[0][0]


@pytest.fixture
async def deployment(broker, database, topic_prefix, tmp_path):
    deployment = Deployment(topic_prefix, broker, database, tmp_path)
    await create_database(database, deployment.database_name)
    await deployment.create_topics()
    yield deployment
    for worker in deployment.workers:
        worker.discard()


@pytest.fixture
def by_kind():
    """Return how to count messages by their kind."""

    def count(messages):
        counts = defaultdict(int)
        for kind, *_ in messages:
            counts[kind] += 1
        return dict(counts)

    return count
