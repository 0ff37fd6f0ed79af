"""One path from history to live: no gap, no duplicate, in order, whatever breaks on the way."""

import asyncio
import json
import random
import time
from collections import defaultdict
from datetime import datetime

from aiokafka import AIOKafkaProducer

from tests.end_to_end.followers import CandleFollower, TradeFollower

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")
DISCONNECTS = 200
FOLLOWERS = 3


async def test_history_and_stream_are_the_reference_over_disconnects_and_restarts(deployment):
    workers = [deployment.worker(name).launch() for name in ("one", "two")]
    for worker in workers:
        await asyncio.to_thread(worker.wait_until_ready)
    killed, ended = workers
    chance = random.Random(2)
    market = Market(deployment)
    trading = asyncio.create_task(market.trade(seconds=60))
    await market.at_least(600)
    followers = [
        # A cursor of one worker's is good on the other, whichever of them holds the pair.
        kind(lambda: f"http://127.0.0.1:{chance.choice(workers).web_port}", pair, seed)
        for seed in range(FOLLOWERS)
        for pair in PAIRS
        for kind in (TradeFollower, CandleFollower)
    ]
    following = asyncio.gather(*(follower.follow(market.is_seen_by) for follower in followers))

    await disconnected(followers, DISCONNECTS // 4, following)
    await asyncio.to_thread(restart, killed, killed.kill)
    await disconnected(followers, DISCONNECTS // 2, following)
    await asyncio.to_thread(restart, ended, ended.terminate)
    await disconnected(followers, DISCONNECTS, following)
    market.enough.set()
    await trading
    await asyncio.wait_for(following, 60)

    for follower in followers:
        if isinstance(follower, TradeFollower):
            assert [coordinates(row) for row in follower.rows] == market.trades[follower.pair]
        else:
            assert counts(follower.windows) == market.candles(follower.pair)


def restart(worker, end):
    end()
    worker.start()


async def disconnected(followers, count, following):
    deadline_s = time.monotonic() + 60
    while sum(follower.disconnects for follower in followers) < count:
        if following.done():
            following.result()
        assert time.monotonic() < deadline_s, [follower.disconnects for follower in followers]
        await asyncio.sleep(0.05)


def coordinates(row):
    # Every trade has a price of its own, so a price tells which trade it is.
    return row["price"]


def counts(windows):
    return {start: row["trades"] for start, row in windows.items()}


class Market:
    """Sends trades in the order of their times, each with its own price, and remembers them."""

    def __init__(self, deployment):
        self.topic = deployment.topics["trade"]
        self.servers = deployment.broker.bootstrap_servers
        self.trades, self.enough = defaultdict(list), asyncio.Event()
        self._starts = defaultdict(lambda: defaultdict(int))
        self._is_over = False

    async def trade(self, seconds):
        chance, number = random.Random(1), 0
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, linger_ms=5)
        await producer.start()
        ends_s, began_s = time.monotonic() + seconds, int(time.time()) - 3_000
        while time.monotonic() < ends_s and not self.enough.is_set():
            sent = []
            for _ in range(chance.randint(1, 40)):
                pair = chance.choice(PAIRS)
                number += 1
                time_s = began_s + number * 0.02
                value = {"pair": pair, "price": number, "volume": 1, "timestamp": time_s}
                sent.append(
                    await producer.send(self.topic, json.dumps(value).encode(), pair.encode())
                )
                self.trades[pair].append(float(number))
                self._starts[pair][int(time_s // 60) * 60] += 1
            await asyncio.gather(*sent)
            await asyncio.sleep(0.05)
        await producer.stop()
        self._is_over = True

    async def at_least(self, count):
        while sum(map(len, self.trades.values())) < count:
            await asyncio.sleep(0.02)

    def candles(self, pair):
        return {
            datetime.utcfromtimestamp(start).isoformat() + "Z": count
            for start, count in self._starts[pair].items()
        }

    def is_seen_by(self, follower):
        if not self._is_over:
            return False
        if isinstance(follower, TradeFollower):
            return len(follower.rows) >= len(self.trades[follower.pair])
        seen = sum(row["trades"] for row in follower.windows.values())
        return seen >= len(self.trades[follower.pair])
