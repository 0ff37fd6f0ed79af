"""The two Faust applications of one worker: the stream app with its tables, and the sink.

They are two consumer groups, because offsets are committed per group: a database that is down
must not stop the live tables, and a slow fold must not stop ingestion.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

import faust
import mode.loop
from faust.tables.manager import TableManager
from faust.types import TP, AgentT
from faust.types.transports import ConsumerT, ProducerT
from mode import Service

from cryptoviz import garbage, kafka, provision, shutdown
from cryptoviz.lanes import OnAcknowledged
from cryptoviz.outstanding import queue_size
from cryptoviz.settings import Settings, current
from cryptoviz.topic_admin import ProvisionError
from cryptoviz.topic_fit import TopicSpec

# Its clients log each reconnection attempt; what matters of that shows in `/health/`.
logging.getLogger("aiokafka").setLevel(logging.WARNING)

# Faust's event loop is the bottleneck of a worker, and this one is the faster.
mode.loop.use("uvloop")

# Leaf modules, never packages: under package discovery a module that fails to import is only
# logged, and the worker would start without its agents.
STREAM_MODULES = (
    "agents.forwarding",
    "agents.mentions",
    "agents.predict",
    "agents.predict_moods",
    "agents.rawalert",
    "agents.rawarticle",
    "agents.rawticker",
    "agents.rawtrade",
    "tables.alerts",
    "tables.candles",
    "tables.configuration",
    "tables.instruments",
    "tables.moods",
    "tables.predictions",
    "tables.prices",
    "tables.scores",
    "tables.sentiment",
    "tables.sentiment_skill",
    "web.asyncapi",
    "web.candles",
    "web.configuration",
    "web.dashboard",
    "web.edge",
    "web.feeds",
    "web.health",
    "web.history",
    "web.instruments",
    "web.live",
    "web.metrics",
    "web.openapi",
    "web.plain_feeds",
    "web.prediction_history",
    "web.score_history",
    "web.sentiment_history",
    "web.stream",
    "web.tables_view",
    "web.udf",
    "web.visualization",
    "web.websocket",
)
SINK_MODULES = ("agents.sink", "agents.sink_predictions", "web.sink_health")

# RocksDB's defaults reserve 64 MB x 3 a partition and a 2 GB cache; these rows are small. A write
# buffer keeps each version of a row until it is full, and there are some for each partition of many
# tables, as there are caches: larger ones made a worker larger and no faster.
ROCKSDB_OPTIONS = {
    "write_buffer_size": 1024**2,
    "max_write_buffer_number": 2,
    "target_file_size_base": 16 * 1024**2,
    "block_cache_size": 1024**2,
}

# A query may name 8,192 characters of channels and as many of a cursor, each escaped as up to 12.
# What is longer than this is refused by the server itself, in plain text.
HTTP_LIMITS = {"max_line_size": 256 * 1024, "max_field_size": 64 * 1024}


class Tables(TableManager):
    """Tables that start at once, where Faust waits a second for some to be declared late."""

    async def on_start(self) -> None:
        """Start the tables, then their recovery."""
        await self._update_channels()
        await self.recovery.start()


class BatchedApp(faust.App):
    """A Faust app whose agents see whole batches of the topics in `batched_topics`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.batched_topics: set[str] = set()
        # Set by cryptoviz.topics, which knows them all.
        self.needed_topics: Callable[[], Sequence[TopicSpec]] = list
        super().__init__(*args, **kwargs)

    async def on_first_start(self) -> None:
        """Make sure that every topic is there before anything subscribes."""
        if self.in_worker:
            garbage.spare_what_is_loaded()
        self.conf.datadir.mkdir(parents=True, exist_ok=True)
        await super().on_first_start()
        try:
            await provision.ensure(self.needed_topics(), current())
        except ProvisionError as error:
            # Not an error of the program's: a sentence says it all, a traceback would hide it.
            raise SystemExit(str(error)) from None

    async def stop(self) -> None:
        """Stop in order, but not for longer than people wait."""
        if self.in_worker:
            shutdown.limit(lambda: int(self._crashed.is_set()))
        await super().stop()

    async def maybe_start_producer(self) -> ProducerT:
        """Return the producer. Faust's own way gives up its turn three times for each record."""
        producer = self.producer
        await producer.maybe_start()
        return producer

    def put(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        on_acknowledged: OnAcknowledged | None = None,
    ) -> None:
        """Send a record soon, in order with the others of its partition (cryptoviz.lanes)."""
        buffer: Any = self.producer.buffer
        buffer.put_record(TP(topic, partition), key, value, on_acknowledged)

    def _new_consumer(self) -> ConsumerT:
        # Static membership: a worker that comes back takes its partitions without a rebalance.
        # But Kafka then hands it the assignment of before, and whoever routes to it keeps its
        # address: with other topics or another address it must be another member.
        member = [str(self.conf.canonical_url), *self.batched_topics, *self.tables.changelog_topics]
        fingerprint = hashlib.blake2b(" ".join(sorted(member)).encode(), digest_size=4).hexdigest()
        worker = f"{self.conf.id}-{current().cryptoviz_worker_id}"
        self.conf.consumer_group_instance_id = f"{worker}-{fingerprint}"
        return super()._new_consumer()

    async def _on_agent_error(self, agent: AgentT[Any], error: BaseException) -> None:
        # Faust would restart the agent and go on behind the batch on which it raised. Ending the
        # worker shows what is wrong, and whoever comes next reads that batch again.
        await self.crash(error)


def _app(app_id: str, settings: Settings, **options: Any) -> BatchedApp:
    return BatchedApp(
        app_id,
        broker=kafka.broker_url(settings),
        broker_credentials=kafka.broker_credentials(settings),
        broker_client_id=app_id,
        broker_max_poll_records=settings.max_poll_records,
        broker_commit_interval=settings.commit_interval,
        broker_session_timeout=settings.session_timeout,
        broker_request_timeout=max(90.0, settings.session_timeout + 10),
        consumer_auto_offset_reset="earliest",
        producer_linger=0.005,
        # Rows of predictions are kilobytes; at the usual 16 kB a batch, few of them filled one.
        producer_max_batch_size=256 * 1024,
        producer_acks=-1,
        producer_max_request_size=kafka.LARGEST_MESSAGE,
        stream_buffer_maxsize=queue_size(settings.topic_partitions),
        stream_wait_empty=False,
        store="rocksdb://",
        Worker=shutdown.Worker,
        TableManager=Tables,
        topic_partitions=settings.topic_partitions,
        topic_replication_factor=settings.kafka_replication_factor,
        topic_allow_declare=False,
        web_host=settings.web_host,
        web_bind=settings.web_host,
        web_port=settings.web_port,
        canonical_url=settings.web_url,
        web_application_options={"handler_args": HTTP_LIMITS},
        # Faust's own table pages route by the wrong hash and answer anybody; ours are web/.
        web_tables_enabled=settings.web_faust_routes,
        web_router_enabled=settings.web_faust_routes,
        web_metrics_enabled=settings.web_faust_routes,
        datadir=str(settings.cryptoviz_data_dir / app_id),
        **options,
    )


app = _app(
    current().cryptoviz_id,
    current(),
    autodiscover=list(STREAM_MODULES),
)
sink = _app(
    f"{current().cryptoviz_id}-sink",
    current(),
    web_enabled=False,
    autodiscover=list(SINK_MODULES),
)


class SinkService(Service):
    """Runs the sink inside the worker of the stream app, with its own consumer group."""

    async def on_start(self) -> None:
        """Start the sink."""
        sink.finalize()
        sink.discover()
        await self.add_runtime_dependency(sink)


if current().cryptoviz_sink == "internal" and current().timescale_dsn:
    app.service(SinkService)
