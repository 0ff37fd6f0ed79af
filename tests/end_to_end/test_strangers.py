"""Services that know the published schemas alone rebuild what the worker shows."""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kafka.market import MarketDeployment

from .command_line import CommandLine

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
async def market(broker, topic_prefix, tmp_path):
    deployment = MarketDeployment(broker, topic_prefix, tmp_path, IDLE_TIMEOUT="3600")
    await deployment.create_topics()
    yield deployment
    deployment.stop()


@pytest.fixture(scope="module")
def node():
    """Node.js, with what the example needs beside it."""
    found, npm, folder = shutil.which("node"), shutil.which("npm"), EXAMPLES / "node"
    assert found and npm, "this example needs Node.js 20 or later: node and npm on the PATH"
    if not (folder / "node_modules/kafkajs/package.json").exists():
        words = [npm, "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return found


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
            sys.executable, str(EXAMPLES / "python/read_changelogs.py"),
            "--brokers", servers, "--prefix", prefix,
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


async def test_a_stranger_without_kafka_says_so_in_a_sentence(node):
    nobody = "127.0.0.1:1"
    commands = (
        [sys.executable, str(EXAMPLES / "python/read_changelogs.py"), "--brokers", nobody],
        [node, str(EXAMPLES / "node/read_changelogs.mjs"), nobody],
    )
    for words in commands:
        done = await asyncio.to_thread(
            subprocess.run, words, capture_output=True, text=True, timeout=60, check=False
        )

        assert done.returncode == 1
        assert "Kafka:" in done.stderr
        assert "Traceback" not in done.stderr
