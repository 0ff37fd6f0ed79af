"""One life of a worker without a broker: real RocksDB, a producer that only notes what is sent.

A life ends like a killed process: what Kafka had not taken is lost, what RocksDB had stays.
"""

import json
import shutil
from operator import attrgetter
from types import SimpleNamespace

from faust.types import TP

from cryptoviz.app import BatchedApp
from cryptoviz.candle import Candle
from cryptoviz.parts import Part
from cryptoviz.records import Trade
from cryptoviz.settings import load
from tables.windowed import WindowedTable

MINUTE = 60
# 2025-11-28T06:10:00Z, the start of a window of any size up to ten minutes.
START_S = 1_764_310_200


class Kafka:
    """What the broker holds; it outlives workers."""

    def __init__(self):
        self.taken = []
        self.committed = None

    def changelog(self):
        rows = {}
        for topic, key, value in self.taken:
            if topic.endswith("changelog"):
                rows.pop(key, None)
                if value is not None:
                    rows[key] = json.loads(value)
        return rows

    def emissions(self):
        return [(key, json.loads(value)) for topic, key, value in self.taken if topic == "results"]


class Buffer:
    def __init__(self, kafka):
        self.kafka, self.waiting = kafka, []

    def put_record(self, tp, key, value, on_acknowledged=None):
        self.waiting.append((tp, key, value, on_acknowledged))

    def acknowledge(self, count=None):
        """Let Kafka take the first *count* waiting records, all by default."""
        count = len(self.waiting) if count is None else count
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        for tp, key, value, on_acknowledged in taken:
            self.kafka.taken.append((tp.topic, key, value))
            if on_acknowledged:
                on_acknowledged(tp.partition, len(self.kafka.taken))


class Consumer:
    def __init__(self, kafka):
        self._thread, self._kafka = self, kafka

    def _ensure_consumer(self):
        return SimpleNamespace(committed=None)

    async def call_thread(self, _ask, _place):
        return self._kafka.committed


class Life:
    """A worker that holds partition 0 of one windowed table, from its recovery to its end."""

    def __init__(self, directory, kafka, window=Candle, subject="pair", **options):
        environ = options.pop("environ", {})
        self.directory, self.kafka, self.now_s = directory, kafka, START_S + 7200.0
        self.app = BatchedApp(
            "lives", broker="batched://127.0.0.1:1", store="rocksdb://", datadir=str(directory)
        )
        self.late = []
        self.buffer = Buffer(kafka)
        self.app.producer = SimpleNamespace(buffer=self.buffer)
        self.app.consumer = Consumer(kafka)
        self.app.assignor = SimpleNamespace(
            assigned_actives=lambda: {TP("lives-windows-changelog", 0)}, assigned_standbys=set
        )
        self.app.tables.actives_ready = True
        self.table = WindowedTable(
            self.app,
            "windows",
            window,
            subject=subject,
            source="source",
            size_s=options.pop("size_s", MINUTE),
            settings=load(environ),
            results="results",
            on_late=lambda *where: self.late.append(where),
            help="Windows of a test.",
            clock=lambda: self.now_s,
            **options,
        )

    async def begin(self):
        self.app.conf.datadir.mkdir(parents=True, exist_ok=True)
        self.app.conf.tabledir.mkdir(parents=True, exist_ok=True)
        await self.table._recover()
        return self

    def fold(self, *trades, source=0, first=0, stream_times=None):
        """Fold trades at consecutive offsets from *first* on."""
        offsets = list(range(first, first + len(trades)))
        part = Part(source, list(trades), offsets, attrgetter(self.table.subject))
        self.table.update(0, offsets[-1] if offsets else first, [part], stream_times)

    def acknowledge(self, count=None):
        self.buffer.acknowledge(count)

    def rows(self):
        return {key: json.loads(value) for key, value in self.table.rows.scan(0)}

    def die(self, lose_directory=False):
        """End at once; with *lose_directory* the next life restores from the changelog."""
        databases = self.table.rows.table.data._dbs
        while databases:
            databases.popitem()[1].close()
        if lose_directory:
            shutil.rmtree(self.directory)

    def restore(self):
        """Do what Faust does before the recovery callback: apply the changelog."""
        self.app.conf.tabledir.mkdir(parents=True, exist_ok=True)
        db = self.table.rows.table.data._db_for_partition(0)
        for topic, key, value in self.kafka.taken:
            if topic.endswith("changelog"):
                db.delete(key) if value is None else db.put(key, value)


def a_trade(at_s=0.0, price=100.0, volume=1.0, side="b", pair="BTC/USD"):
    """Return a trade *at_s* seconds after START_S."""
    return Trade(pair, price, volume, side, START_S + at_s)


def key(minute=0, pair="BTC/USD"):
    return f"{pair}|{START_S + minute * MINUTE}".encode()
