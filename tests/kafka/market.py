"""A deployment of the whole stream app for one test, fed by the simulated market."""

import asyncio
import json
import time
from collections import defaultdict
from itertools import islice

import rocksdict
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from cryptoviz.commands.outbox import open_outbox
from cryptoviz.local.drained import wait_until_drained
from cryptoviz.local.worker import WorkerProcess
from cryptoviz.settings import load
from cryptoviz.simulator import Faults, Market, Simulation
from tests import oracle
from tests.waiting import stored

KINDS = ("ticker", "trade", "article", "alert")
# The windowed tables, and how long (s) a window of each is.
SIZES = {
    "candles": 60,
    "candles_5m": 300,
    "candles_1h": 3600,
    "candles_1d": 86_400,
    "prices": 300,
    "sentiment": 300,
}
TABLES = tuple(SIZES)
# What says how and when a value came about, not what it is.
JOURNAL = ("revision", "final", "reason", "position", "offsets", "event_times")


def messages(count, seed, hours=6.0, faults=None, pairs=None, ago_hours=None):
    """Return *count* market messages that span *hours* and began *ago_hours* ago."""
    start_s = time.time() - 3600 * (ago_hours or hours + 0.5)
    extra = {"pairs": pairs} if pairs else {}
    market = Market(seed, start_s, rate_per_s=count / (hours * 3600), **extra)
    return list(islice(Simulation(market, faults or Faults(), count=count).messages(), 2 * count))


def expected_of(messages):
    """Return what every table must hold after *messages*: {table: {key: values}}."""
    return oracle.tables(
        [(message.kind, message.value) for message in messages], tracked=load({}).tracked_cryptos
    )


class MarketDeployment:
    """Topics, workers and what can be read of them; one a test, on a shared broker."""

    def __init__(self, broker, prefix, directory, partitions=2, **environ):
        self.broker, self.prefix, self.directory = broker, prefix, directory
        self.partitions, self.group = partitions, f"{prefix}app"
        self.topics = {kind: f"{prefix}raw{kind}" for kind in KINDS}
        self.environ = {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "CRYPTOVIZ_ID": self.group,
            "CRYPTOVIZ_SINK": "off",
            "TOPIC_PARTITIONS": str(partitions),
            "COMMIT_INTERVAL": "0.3",
            # The simulated past must not expire under the test's eyes.
            "TABLE_RETENTION": str(30 * 86_400),
            **{f"TOPIC_RAW{kind.upper()}": name for kind, name in self.topics.items()},
            **environ,
        }
        self.workers = []

    def worker(self, name="one", **environ):
        """Return a worker that is not started yet."""
        worker = WorkerProcess(self.directory / f"{self.prefix}{name}", {**self.environ, **environ})
        self.workers.append(worker)
        return worker

    def stop(self):
        for worker in self.workers:
            worker.discard()

    async def create_topics(self):
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.bootstrap_servers)
        await admin.start()
        names = self.topics.values()
        config = {"retention.ms": "-1"}
        await admin.create_topics(
            [NewTopic(name, self.partitions, 1, topic_configs=config) for name in names]
        )
        await admin.close()

    async def send(self, messages, chunk=500, pause_s=0.0, key=None, hurry=None):
        """Send *messages* in order, *chunk* at a time; *key* may choose other keys.

        It rests *pause_s* after each chunk, until the event *hurry* is set.
        """
        settings = load({"KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap_servers})
        async with open_outbox(settings, self.topics.values()) as outbox:
            for number, message in enumerate(messages, 1):
                stamp_ms = round(message.send_time_s * 1000)
                chosen = key(message) if key else message.key
                outbox.put(self.topics[message.kind], chosen, message.value, stamp_ms)
                if number % chunk == 0:
                    await outbox.send()
                    if hurry is None or not hurry.is_set():
                        await asyncio.sleep(pause_s)
            await outbox.flush()

    async def drained(self, timeout_s=180.0):
        """Wait until everything is read, the mentions that articles became included."""
        servers = self.broker.bootstrap_servers
        await wait_until_drained(servers, self.group, list(self.topics.values()), timeout_s)
        internal = [f"{self.group}-mentions"]
        rekeyed = self.environ.get("REKEY_TOPICS", "")
        internal += [f"{self.group}-{topic}-by-pair" for topic in rekeyed.split(",") if topic]
        await wait_until_drained(servers, self.group, internal, timeout_s)

    async def stored(self, topic):
        """Return all records of *topic*, each partition's in order."""
        return await stored(self.broker.bootstrap_servers, topic, self.partitions)

    async def changelog(self, table):
        """Return what compaction would leave of a table's changelog: {key: row}."""
        rows = {}
        for record in await self.stored(f"{self.group}-{table}-changelog"):
            key = record.key.decode()
            rows.pop(key, None)
            if record.value is not None:
                rows[key] = json.loads(record.value)
        return rows

    async def results(self, table):
        """Return all that the results topic *table* holds as (key, row), each partition's in order.

        Candles of all sizes have one topic.
        """
        stored = await self.stored(f"{self.group}-{table}")
        return [(record.key.decode(), json.loads(record.value)) for record in stored]

    async def emissions(self):
        """Return {table: {key: rows}}: each window's emissions of every table, in order."""
        found = {table: defaultdict(list) for table in TABLES}
        for topic in ("candles", "prices", "sentiment"):
            by_size = {SIZES[table]: found[table] for table in TABLES if table.startswith(topic)}
            for key, row in await self.results(topic):
                by_size[row["window_end"] - row["window_start"]][key].append(row)
        return found

    def store(self, worker, table):
        """Return the rows of a stopped worker's RocksDB: {key: row}."""
        rows = {}
        options = rocksdict.Options(raw_mode=True)
        for path in worker.directory.glob(f"data/*/v1/tables/{table}-[0-9]*.db"):
            database = rocksdict.Rdict(
                str(path), options, access_type=rocksdict.AccessType.read_only()
            )
            rows |= {
                key.decode(): json.loads(value)
                for key, value in database.items()
                if not key.startswith(b"__faust")
            }
            database.close()
        return rows

    async def assert_equal_to_oracle(self, messages, worker=None, tables=(*TABLES, "alerts")):
        """Compare the changelogs, and the store of *worker* if given, with the oracle.

        Return what every table must hold.
        """
        expected = expected_of(messages)
        for table in tables:
            assert expected[table], table
            found = oracle.differences(expected[table], await self.changelog(table))
            assert not found, (table, "changelog", len(found), dict(islice(found.items(), 3)))
            if worker is not None:
                found = oracle.differences(expected[table], self.store(worker, table))
                assert not found, (table, "store", len(found), dict(islice(found.items(), 3)))
        return expected


def key_of(table, subject, time_s):
    """Return the key of the window of a *table* that holds *time_s*."""
    size_s = SIZES[table]
    suffix = f"|{size_s}" if table.startswith("candles_") else ""
    return f"{subject}|{int(time_s // size_s) * size_s}{suffix}"


def values(rows):
    """Return the bytes of each row's value, without how and when it came about."""
    return {key: value_of(row) for key, row in rows.items()}


def value_of(row, without=JOURNAL):
    """Return the bytes of a row's fields, those of *without* left out."""
    return json.dumps({name: one for name, one in row.items() if name not in without})
