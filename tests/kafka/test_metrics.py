"""`/metrics`, read as Prometheus reads it."""

import pytest

from tests.kafka.http_workers import PAIRS, TICKERS, ask, eventually
from tests.kafka.measured import samples_of


def read(worker):
    """Return the samples of a worker's metrics by name, each as (labels, value)."""
    status, headers, body = ask(worker, "/metrics")
    assert status == 200
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return samples_of(body.decode())


def of_trades(samples, name, app):
    return sum(
        value
        for labels, value in samples.get(name, ())
        if labels["topic"].endswith("-TRADE") and labels["app"] == app
    )


@pytest.mark.parametrize("app", ["stream", "sink"])
def test_every_record_is_counted_and_none_is_left_behind(http_workers, app):
    workers = http_workers if app == "stream" else http_workers[:1]

    def is_done():
        told = [read(worker) for worker in workers]
        done = sum(of_trades(samples, "cryptoviz_records_total", app) for samples in told)
        lag = sum(of_trades(samples, "cryptoviz_lag_records", app) for samples in told)
        # A rebalance has some of them read again.
        return done >= TICKERS and lag == 0

    eventually(is_done)


def test_what_works_what_is_late_and_how_new_each_pair_is_are_told(http_workers):
    samples = read(http_workers[0])

    assert {labels["part"]: value for labels, value in samples["cryptoviz_up"]} == {
        "addresses": 1.0,
        "database": 1.0,
        "keys": 1.0,
        "tables": 1.0,
    }
    assert ({"table": "candles"}, 0.0) in samples["cryptoviz_late_total"]
    seen = {labels["pair"] for labels, _ in samples["cryptoviz_last_seen_timestamp_seconds"]}
    assert seen == set(PAIRS)
    assert samples["process_resident_memory_bytes"][0][1] > 1e6


def test_words_of_articles_and_pairs_out_of_place_are_counted(http_workers):
    def is_told():
        told = [read(worker) for worker in http_workers]
        words = {"tracked": 0, "other": 0}
        for samples in told:
            for labels, value in samples["cryptoviz_words_total"]:
                words[labels["kind"]] += value
        # The one article names two; a rebalance may have it read again.
        return words["tracked"] >= 2 and words["other"] == 0

    eventually(is_told)
    misplaced = read(http_workers[0])["cryptoviz_misplaced_pairs_total"]
    topics = {labels["topic"].rpartition("-")[2] for labels, _ in misplaced}
    assert topics == {"TICKER", "TRADE", "ALERT"}
    assert {value for _, value in misplaced} == {0.0}


def test_only_the_worker_with_a_sink_tells_of_stored_rows(http_workers):
    first, second = (read(worker) for worker in http_workers)

    written = {
        labels["table"]: value
        for labels, value in first["cryptoviz_sink_rows_total"]
        if labels["outcome"] == "written"
    }
    assert written["trade_data"] == TICKERS
    assert "cryptoviz_sink_rows_total" not in second
