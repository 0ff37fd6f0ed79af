"""What `/metrics` tells of the parts of this worker, read when somebody asks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from cryptoviz import tally
from cryptoviz.ingest import Ingest
from cryptoviz.result_ingest import ResultIngest
from tables import instruments
from web import registry

process = CollectorRegistry()
for _collector in (ProcessCollector, PlatformCollector, GCCollector):
    _collector(registry=process)


def text(*told: Collector) -> bytes:
    """Return what all of *told* tell, in Prometheus's text format."""
    return b"".join(generate_latest(each) for each in told)


class Reading(Collector):
    """How far *app*, the one named *name*, has come with its topics."""

    def __init__(self, name: str, app: Any) -> None:
        self._name, self._app = name, app

    def collect(self) -> Iterator[Metric]:
        """Yield records done, and records behind."""
        consumer = self._app.consumer
        done = CounterMetricFamily(
            "cryptoviz_records", "Records done, by topic.", labels=("app", "topic")
        )
        for topic, count in sorted(consumer.done().items()):
            done.add_metric((self._name, topic), count)
        yield done
        lag = GaugeMetricFamily(
            "cryptoviz_lag_records",
            "Records of a partition that are not committed yet.",
            labels=("app", "topic", "partition"),
        )
        for tp, behind in sorted(consumer.lags().items()):
            lag.add_metric((self._name, tp.topic, str(tp.partition)), behind)
        yield lag


class Outcomes(Collector):
    """What became of records that are in no window, and how new the others are."""

    def collect(self) -> Iterator[Metric]:
        """Yield counts of rejected, late and misplaced ones, and each pair's newest record."""
        rejected = CounterMetricFamily(
            "cryptoviz_rejected", "Messages that are no record.", labels=("topic", "code")
        )
        for (topic, code), count in sorted(tally.rejected.items()):
            rejected.add_metric((topic, code), count)
        yield rejected
        late = CounterMetricFamily(
            "cryptoviz_late", "Records older than a table's retention.", labels=("table",)
        )
        for name, table in sorted(registry.windowed().items()):
            late.add_metric((name,), table.late_records)
        yield late
        words = CounterMetricFamily(
            "cryptoviz_words", "Words of articles that may name a crypto.", labels=("kind",)
        )
        for kind in ("other", "tracked"):
            words.add_metric((kind,), tally.words[kind])
        yield words
        newest: dict[tuple[str, str], float] = {}
        for row in instruments.everything():
            place = row.pair, row.topic
            newest[place] = max(newest.get(place, 0.0), row.last_seen)
        seen = GaugeMetricFamily(
            "cryptoviz_last_seen_timestamp_seconds",
            "Event time of a pair's newest record, to the minute.",
            labels=("pair", "topic"),
        )
        for place, time_s in sorted(newest.items()):
            seen.add_metric(place, time_s)
        yield seen
        misplaced = CounterMetricFamily(
            "cryptoviz_misplaced_pairs",
            "Pairs that were found in more than one partition.",
            labels=("topic",),
        )
        for topic in sorted({topic for _, topic in newest}):
            misplaced.add_metric((topic,), tally.misplaced[topic])
        yield misplaced


class Parts(Collector):
    """Which of *parts* work: all but those that are *down*."""

    def __init__(self, parts: Collection[str], down: Collection[str]) -> None:
        self._parts, self._down = parts, down

    def collect(self) -> Iterator[Metric]:
        """Yield 1 for each part that works, 0 for the others."""
        up = GaugeMetricFamily("cryptoviz_up", "Whether a part works.", labels=("part",))
        for part in sorted(self._parts):
            up.add_metric((part,), part not in self._down)
        yield up


class Stored(Collector):
    """What became of the records that the sink has read."""

    def __init__(self, ingests: Iterable[Ingest[Any] | ResultIngest[Any]]) -> None:
        self._ingests = ingests

    def collect(self) -> Iterator[Metric]:
        """Yield rows by table and by what became of them."""
        rows = CounterMetricFamily(
            "cryptoviz_sink_rows",
            "Rows written, skipped, expired or refused by the database.",
            labels=("table", "outcome"),
        )
        for ingest in self._ingests:
            for outcome, count in sorted(ingest.counts.items()):
                rows.add_metric((ingest.table.name, outcome), count)
        yield rows
