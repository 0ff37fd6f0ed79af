"""One application with a market in it, for all tests that look at it through a browser."""

import asyncio
import contextlib
import json
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from prometheus_client.parser import text_string_to_metric_families

from cryptoviz.commands.outbox import open_outbox
from cryptoviz.local.broker import Broker
from cryptoviz.local.database import Database
from cryptoviz.local.worker import WorkerProcess
from cryptoviz.settings import load
from cryptoviz.simulator import Faults, Market, inject
from tests.databases import create_database, dsn_of

from .building import build
from .database_door import DatabaseDoor

KINDS = ("ticker", "trade", "article", "alert")
PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")
PARTITIONS = 2
LATENESS_S = 600


class Stage:
    """Topics, a database behind a door, and a worker that tests may stop and start again."""

    def __init__(self, name, broker, database, directory):
        self.name, self._broker, self._database = name, broker, database
        dsn = dsn_of(database, name)
        self.door = DatabaseDoor(dsn, directory)
        self.topics = {kind: f"{name}-raw{kind}" for kind in KINDS}
        self.environ = {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "TIMESCALE_DSN": self.door.dsn,
            "CRYPTOVIZ_ID": name,
            "TOPIC_PARTITIONS": str(PARTITIONS),
            "COMMIT_INTERVAL": "0.3",
            "LATENESS": str(LATENESS_S),
            **{f"TOPIC_RAW{kind.upper()}": topic for kind, topic in self.topics.items()},
        }
        self.worker = WorkerProcess(directory / "worker", self.environ)
        self._open = contextlib.AsyncExitStack()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.worker.web_port}/"

    async def start(self):
        await create_database(self._database, self.name)
        await self.door.open()
        admin = AIOKafkaAdminClient(bootstrap_servers=self._broker.bootstrap_servers)
        await admin.start()
        kept = {"retention.ms": "-1"}
        await admin.create_topics(
            [NewTopic(topic, PARTITIONS, 1, topic_configs=kept) for topic in self.topics.values()]
        )
        await admin.close()
        # What tests send one by one leaves at once, over a connection that is there.
        self._sending = await self._open.enter_async_context(self._outbox())

    async def stop(self):
        await self._open.aclose()
        await asyncio.to_thread(self.worker.stop)
        await self.door.shut()

    async def send_market(self, hours, rate_per_s, silences=()):
        """Send so many hours of a simulated market, up to now; `go_on` sends what follows."""
        market = Market(
            7,
            time.time() - hours * 3_600,
            pairs=PAIRS,
            rate_per_s=rate_per_s,
            alert_threshold_percent=0.5,
        )
        self._coming = inject(market, Faults(silences=silences), 7)
        self._next = next(self._coming)
        async with self._outbox() as outbox:
            await self._send_due(outbox, time.time() - 5)

    async def go_on(self):
        """Send the market's messages as their time comes, until it is cancelled."""
        async with self._outbox() as outbox:
            while True:
                await self._send_due(outbox, time.time())
                await asyncio.sleep(0.2)

    async def _send_due(self, outbox, until_s):
        count = 0
        while self._next.event_time_s < until_s:
            message, self._next = self._next, next(self._coming)
            stamp_ms = round(message.send_time_s * 1_000)
            topic = self.topics[message.kind]
            outbox.put(topic, message.key, message.value, timestamp_ms=stamp_ms)
            count += 1
            if count % 1_000 == 0:
                await outbox.send()
        await outbox.send()
        await outbox.flush()

    @contextlib.asynccontextmanager
    async def flow(self, pair, tickers_per_s):
        """Send so many tickers a second meanwhile, and half as many trades."""
        flowing = asyncio.create_task(self._flow(pair, tickers_per_s))
        try:
            yield
        finally:
            flowing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await flowing

    async def _flow(self, pair, tickers_per_s):
        key, began_s, sent = pair.encode(), time.monotonic(), 0
        async with self._outbox() as outbox:
            while True:
                due = int((time.monotonic() - began_s) * tickers_per_s)
                for number in range(sent, due):
                    price, now_s = 50_000 + number % 200, time.time()
                    ticker = {"pair": pair, "last": price, "timestamp": now_s}
                    outbox.put(self.topics["ticker"], key, json.dumps(ticker).encode())
                    if number % 2:
                        trade = {"pair": pair, "price": price, "volume": 0.1, "side": "b"}
                        trade["timestamp"] = now_s
                        outbox.put(self.topics["trade"], key, json.dumps(trade).encode())
                sent = due
                await outbox.send()
                await asyncio.sleep(0.02)

    async def junk(self, kind):
        """Send one message that is no record."""
        await self._send(kind, "BTC/USD", {"pair": "BTC/USD"})

    async def trade(self, pair, price, *, volume=1.0, ago_s=0.0):
        """Send one trade, and return when Kafka has it."""
        trade = {
            "pair": pair,
            "price": price,
            "volume": volume,
            "timestamp": time.time() - ago_s,
            "side": "b",
        }
        await self._send("trade", pair, trade)

    async def tick(self, pair, last, *, ago_s=0.0):
        """Send one ticker."""
        ticker = {"pair": pair, "last": last, "timestamp": time.time() - ago_s}
        await self._send("ticker", pair, ticker)

    async def alert(self, pair, change_percent, last=50_000.0):
        """Send one alert, of now."""
        alert = {"pair": pair, "last": last, "change": change_percent, "threshold": 0.5}
        await self._send("alert", pair, {**alert, "timestamp": time.time()})

    async def article(self, title, url, *, crypto="BTC", score=0.9):
        """Send one article, of now."""
        await self._send(
            "article",
            "news.example",
            {
                "id": title,
                "title": title,
                "url": url,
                "website": "news.example",
                "content": {"summary": "…"},
                "cryptocurrencies_mentioned": [crypto],
                "sentiment": {"score": score, "label": "positive"},
                "published_at": time.time(),
            },
        )

    async def _send(self, kind, key, value):
        body, stamp_ms = json.dumps(value).encode(), round(time.time() * 1_000)
        self._sending.put(self.topics[kind], key.encode(), body, timestamp_ms=stamp_ms)
        await self._sending.flush()

    def _outbox(self):
        return open_outbox(load(self.environ), self.topics.values())

    def lag(self):
        """Return how many records are not done yet, in the tables and in the database."""
        with urllib.request.urlopen(self.url + "metrics") as answer:
            families = text_string_to_metric_families(answer.read().decode())
        return sum(
            sample.value
            for family in families
            if family.name == "cryptoviz_lag_records"
            for sample in family.samples
        )


@contextlib.asynccontextmanager
async def stage_of_its_own(hours, rate_per_s, silences=()):
    """Build the dashboard and start all that it needs, with a market that is folded and stored."""
    build()
    with (
        tempfile.TemporaryDirectory(prefix="cryptoviz-stage-", ignore_cleanup_errors=True) as path,
        Broker(Path(path) / "kafka") as broker,
        Database(Path(path) / "postgres") as database,
    ):
        stage = Stage(f"stage{uuid.uuid4().hex[:6]}", broker, database, Path(path))
        await stage.start()
        await stage.send_market(hours, rate_per_s, silences)
        await asyncio.to_thread(stage.worker.start)
        try:
            calm = 0
            while calm < 3:
                # What is folded has results, which are to be stored as well.
                calm = 0 if await asyncio.to_thread(stage.lag) else calm + 1
                await asyncio.sleep(1)
            yield stage
        finally:
            await stage.stop()
