"""Services that know the published schemas alone rebuild what the worker shows."""

import asyncio
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka import KafkaException

from cryptoviz.candle import Candle
from cryptoviz.sentiment import SentimentWindow
from cryptoviz.simulator import Faults, Share
from tests.kafka.market import MarketDeployment, messages
from tests.waiting import eventually

from .command_line import CommandLine
from .configuring import configure

EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEMAS = EXAMPLES.parent / "docs/schemas"
PYTHON = (sys.executable, str(EXAMPLES / "python/read_changelogs.py"))


@pytest.fixture
async def market(broker, topic_prefix, tmp_path):
    deployment = MarketDeployment(broker, topic_prefix, tmp_path, IDLE_TIMEOUT="3600")
    await deployment.create_topics()
    yield deployment
    deployment.stop()


def installed(folder, package):
    """Return the directory of an npm *package* that *folder* needs, which is installed there."""
    npm, path = shutil.which("npm"), folder / "node_modules" / package
    assert npm, "these tests need Node.js 20 or later: node and npm on the PATH"
    if not (path / "package.json").exists():
        words = [npm, "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def node():
    """Node.js, with what the example needs beside it."""
    installed(EXAMPLES / "node", "kafkajs")
    return shutil.which("node")


@pytest.fixture(scope="module")
def asyncapi_schema():
    """The JSON Schema of AsyncAPI 3 documents, as its authors publish it."""
    specs = installed(Path(__file__).parent / "asyncapi", "@asyncapi/specs")
    return json.loads((specs / "schemas/3.0.0.json").read_text())


async def read_by(*words):
    done = await asyncio.to_thread(
        subprocess.run, words, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def test_two_strangers_rebuild_sentiment_and_the_latest_candles(market, node):
    worker = market.worker().start()
    simulated = ("simulate", "--count", "6000", "--rate", "3000")
    assert (await CommandLine(market, worker)(*simulated)).status == 0
    await market.drained()
    servers, prefix = market.broker.bootstrap_servers, f"{market.group}-"

    in_python, in_javascript = await asyncio.gather(
        read_by(
            *PYTHON, "--brokers", servers, "--prefix", prefix,
        ),
        read_by(node, str(EXAMPLES / "node/read_changelogs.mjs"), servers, prefix),
    )  # fmt: skip

    candles = {row["pair"]: row for row in worker.get("/live/candles/")["rows"]}
    cryptos = {row["crypto_symbol"] for row in worker.get("/live/sentiment/")["rows"]}
    sentiment = {
        f"{crypto}|{row['window_start']}": row
        for crypto in cryptos
        for row in worker.get(f"/live/sentiment/{crypto}/?limit=1000")["rows"]
    }
    assert candles
    assert sentiment
    for found in (in_python, in_javascript):
        assert found["candles"] == candles
        assert found["sentiment"] == sentiment


# What stands for what in the keys that `/asyncapi.json` names.
KEY_PARTS = {
    "PAIR": "[A-Z0-9.]+/[A-Z0-9.]+",
    "CRYPTO": "[A-Z0-9.]+",
    "TOPIC": r"[\w.-]+",
    "START": r"\d+",
    "TIME": r"\d+",
    "HORIZON": r"\d+",
    "PARTITION": r"\d+",
    "AS_OF": r"\d+",
}


def key_pattern(description):
    """Return what matches the keys of a topic, None where they are told in words."""
    named = re.search(r"Key: ([A-Z_|0-9]+)(?:, and \|SIZE[^.]*)?\.", description)
    if named is None:
        return None
    parts = [KEY_PARTS.get(part, part) for part in named[1].split("|")]
    return r"\|".join(parts) + (r"(\|\d+)?" if "|SIZE" in description else "")


async def test_all_that_is_written_is_as_the_documents_say(market, asyncapi_schema):
    market.environ |= {"TABLE_RETENTION": "3600", "IDLE_TIMEOUT": "60"}
    worker = market.worker().start()
    # Some hours, so that windows end, predictions come true and some records come too late.
    faults = Faults(late=Share(0.05, 4 * 3600), malformed=0.01)
    await market.send(messages(6_000, seed=8, hours=6, faults=faults))
    await configure(worker, "DELETE", "visualization/BTC%20prices/")
    await configure(worker, "DELETE", "crypto/BNB/")
    await configure(worker, "PATCH", "crypto/BTC/", name="Bitcoin")
    await market.drained()
    schemas = {path.stem: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}

    async def all_is_there():
        stored = {name: await market.stored(f"{market.group}-{name}") for name in schemas}
        return all(stored.values()) and stored

    stored = await eventually(all_is_there, "a record on each topic")
    document = await asyncio.to_thread(worker.get, "/asyncapi.json")
    jsonschema.validate(document, asyncapi_schema, cls=jsonschema.Draft7Validator)
    described = {each["address"]: each["description"] for each in document["channels"].values()}
    for name, schema in schemas.items():
        validator = jsonschema.Draft202012Validator(schema)
        description = described[f"{market.group}-{name}"]
        assert description == schema["description"]
        pattern = key_pattern(description)
        for record in stored[name][:: len(stored[name]) // 300 + 1]:
            if record.value is None:
                assert "A null value deletes its key." in description, name
            else:
                validator.validate(json.loads(record.value))
            assert pattern is None or re.fullmatch(pattern, record.key.decode()), record.key
    assert any(record.value is None for record in stored["candles-changelog"])
    for name in ("crypto_configuration", "visualization_parameters"):
        values = [json.loads(record.value) for record in stored[f"{name}-changelog"]]
        assert {"deleted": True} in values


def rows_of(table):
    """Return a row of *table* as its schema wants it, and the key of it."""
    if table == "candles":
        return "BTC/USD|0", Candle(pair="BTC/USD", window_start=0, window_end=60)
    return "BTC|0", SentimentWindow(crypto_symbol="BTC", window_start=0, window_end=300)


async def test_a_changelog_whose_last_offset_holds_no_record_is_read_to_its_end(
    broker, topic_prefix, node
):
    servers, expected = broker.bootstrap_servers, {}
    names = [f"{topic_prefix}{table}-changelog" for table in ("candles", "sentiment")]
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(name, 2, 1) for name in names])
    await admin.close()
    # The end of a transaction takes an offset, and no reader is ever given a record of it.
    producer = AIOKafkaProducer(bootstrap_servers=servers, transactional_id=f"{topic_prefix}writer")
    await producer.start()
    for table in ("candles", "sentiment"):
        key, row = rows_of(table)
        value = msgspec.json.encode(row)
        async with producer.transaction():
            await producer.send(f"{topic_prefix}{table}-changelog", value, key=key.encode())
        expected[table] = {key.partition("|")[0] if table == "candles" else key: json.loads(value)}
    await producer.stop()

    for words in (
        [*PYTHON, "--brokers", servers, "--prefix", topic_prefix],
        [node, str(EXAMPLES / "node/read_changelogs.mjs"), servers, topic_prefix],
    ):
        assert await read_by(*words) == expected


def test_a_stranger_waits_for_a_silent_kafka_no_longer_than_it_says():
    source = importlib.util.spec_from_file_location(
        "reader", EXAMPLES / "python/read_changelogs.py"
    )
    reader = importlib.util.module_from_spec(source)
    source.loader.exec_module(reader)
    described = SimpleNamespace(topics={"t": SimpleNamespace(error=None, partitions=[0])})
    waited = []
    silent = SimpleNamespace(
        list_topics=lambda *_, **__: described,
        assign=lambda _: None,
        # Says nothing, whoever asks.
        poll=waited.append,
    )

    with pytest.raises(KafkaException, match="nothing of t came for 30 s"):
        reader.table(silent, "t", "candles")
    assert waited == [30]


async def test_a_stranger_without_kafka_says_so_in_a_sentence(node):
    nobody = "127.0.0.1:1"
    commands = (
        [*PYTHON, "--brokers", nobody],
        [node, str(EXAMPLES / "node/read_changelogs.mjs"), nobody],
    )
    for words in commands:
        done = await asyncio.to_thread(
            subprocess.run, words, capture_output=True, text=True, timeout=60, check=False
        )

        assert done.returncode == 1
        assert "Kafka:" in done.stderr
        assert "Traceback" not in done.stderr
