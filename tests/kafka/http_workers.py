"""Two workers with a database and some records, for the tests of a module that ask over HTTP."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from itertools import product

import pytest
from aiokafka import AIOKafkaProducer

from cryptoviz.local.worker import WorkerProcess
from tests.databases import create_database, dsn_of

TICKERS = 250
PARTITIONS = 4
PAIRS = ("BTC/USD", "ETH/USD")
HORIZONS = 3
KINDS = ("TICKER", "TRADE", "ARTICLE", "ALERT")


@pytest.fixture(scope="module")
def http_name():
    """The name of the deployment, with which those of its raw topics begin."""
    return f"http{time.time_ns()}"


# Workers that nobody asks anything still fetch, so they do not stay for the whole session.
@pytest.fixture(scope="module")
def http_workers(broker, database, tmp_path_factory, http_name):
    """Two workers of one deployment; the first one also writes to a database of its own."""
    directory = tmp_path_factory.mktemp("http")
    name = http_name
    asyncio.run(create_database(database, name))
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "TIMESCALE_DSN": dsn_of(database, name),
        "CRYPTOVIZ_ID": name,
        "COMMIT_INTERVAL": "0.3",
        "TOPIC_PARTITIONS": str(PARTITIONS),
        "CORS_ORIGINS": "https://charts.example",
        # No window closes under the tests, however long they take.
        "LATENESS": "86400",
        **{
            f"TOPIC_RAW{kind}": f"{name}-{kind}" for kind in ("TICKER", "TRADE", "ARTICLE", "ALERT")
        },
    }
    first = WorkerProcess(directory / "first", environ).start()
    second = WorkerProcess(directory / "second", environ | {"CRYPTOVIZ_SINK": "off"}).start()
    asyncio.run(fill(broker.bootstrap_servers, name))
    both = (first, second)
    for pair in PAIRS:
        eventually(lambda pair=pair: stored(first, pair) == TICKERS // 2)
    # Both are back from the rebalance that the second one's coming was.
    eventually(lambda: all(worker.is_ready() for worker in both))
    # What is made of them comes after them: of each pair the prices, then the predictions.
    for worker, pair in product(both, PAIRS):
        eventually(lambda worker=worker, pair=pair: predicted(worker, pair))
    yield both
    for worker in both:
        worker.discard()


async def fill(servers, name):
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    # Half of them before the end of a window of prices, which is predicted from for that.
    ended_s = (time.time() - TICKERS // 2) // 300 * 300
    began_s = ended_s - TICKERS // 2
    for number in range(TICKERS):
        pair, at_s = PAIRS[number % 2], began_s + number
        ticker = {"pair": pair, "last": 100 + number, "timestamp": at_s}
        trade = {"pair": pair, "price": 100 + number, "volume": 1, "timestamp": at_s, "side": "b"}
        alert = {"pair": pair, "last": 1, "change": -2, "threshold": 1, "timestamp": at_s}
        for kind, value in (("TICKER", ticker), ("TRADE", trade), ("ALERT", alert)):
            await producer.send(f"{name}-{kind}", json.dumps(value).encode(), pair.encode())
    article = {
        "id": f"desk_{int(ended_s)}",
        "url": "https://news.example/1",
        "title": 'A "quoted" title',
        "website": "news.example",
        "cryptocurrencies_mentioned": ["BTC", "ETH"],
        "sentiment": {"score": 0.9, "label": "positive"},
    }
    await producer.send(f"{name}-ARTICLE", json.dumps(article).encode(), b"news.example")
    await producer.stop()


def eventually(ask, timeout_s=40.0):
    deadline_s = time.monotonic() + timeout_s
    while not ask():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.1)


def stored(worker, pair):
    try:
        return worker.get(f"/api/v1/ticker/{pair}/historique/?limit=1000")["count"]
    except urllib.error.HTTPError:
        return 0


def predicted(worker, pair):
    """Return whether *worker* answers with predictions of *pair* over all horizons."""
    status, _, body = ask(worker, f"/live/predictions/{pair}/")
    return status == 200 and len(json.loads(body)["rows"]) == HORIZONS


def ask(worker, path, method="GET", body=None, **headers):
    """Return status, headers and body, whatever the status."""
    if body is not None:
        headers.setdefault("Content_Type", "application/json")
    request = urllib.request.Request(
        f"http://127.0.0.1:{worker.web_port}{path}",
        None if body is None else json.dumps(body).encode(),
        {name.replace("_", "-"): value for name, value in headers.items()},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def refusal(worker, path, method="GET", body=None):
    status, headers, document = ask(worker, path, method, body)
    assert headers["Content-Type"] == "application/problem+json"
    return status, json.loads(document)
