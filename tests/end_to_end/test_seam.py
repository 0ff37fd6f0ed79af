"""One path from history to live: no gap, no duplicate, in order, whatever breaks on the way."""

import asyncio
import json
import random
import time
import urllib.error
from collections import Counter, defaultdict

from aiokafka import AIOKafkaProducer

from tests import oracle
from tests.end_to_end.followers import CandleFollower, SentimentFollower, TradeFollower
from tests.waiting import eventually

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")
CRYPTOS = ("BTC", "ETH")
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
    await eventually(
        lambda: all(has_sentiment(killed, crypto) for crypto in CRYPTOS),
        "sentiment of each crypto",
    )
    kinds = [(TradeFollower, PAIRS), (CandleFollower, PAIRS), (SentimentFollower, CRYPTOS)]
    followers = [
        # A cursor of one worker's is good on the other, whichever of them holds the subject.
        kind(lambda: f"http://127.0.0.1:{chance.choice(workers).web_port}", subject, seed)
        for seed in range(FOLLOWERS)
        for kind, subjects in kinds
        for subject in subjects
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

    expected = oracle.tables(market.sent, tracked=CRYPTOS)
    for follower in followers:
        if isinstance(follower, TradeFollower):
            assert [coordinates(row) for row in follower.rows] == market.trades[follower.subject]
        else:
            windows = {
                key: {name: fields[name] for name in follower.names}
                for key, fields in expected[follower.table].items()
                if key.startswith(f"{follower.subject}|")
            }
            assert windows
            assert not oracle.differences(windows, follower.told())


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


def has_sentiment(worker, crypto):
    try:
        return worker.get(f"/live/sentiment/{crypto}/")["rows"]
    except urllib.error.HTTPError:
        return False


class Market:
    """Sends trades in the order of their times, each with its own price, and articles as well.

    *trades* are the prices of each pair, *sent* all messages as the oracle takes them.
    """

    def __init__(self, deployment):
        self.topics = deployment.topics
        self.servers = deployment.broker.bootstrap_servers
        self.trades, self.sent, self.enough = defaultdict(list), [], asyncio.Event()
        self._articles = Counter()
        self._is_over = False

    async def trade(self, seconds):
        chance, number, articles = random.Random(1), 0, 0
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, linger_ms=5)
        await producer.start()
        ends_s, began_s = time.monotonic() + seconds, int(time.time()) - 3_000
        while time.monotonic() < ends_s and not self.enough.is_set():
            sent = []
            for _ in range(chance.randint(1, 40)):
                number += 1
                trade = a_trade(chance, number, began_s + number * 0.02)
                self.trades[trade["pair"]].append(float(trade["price"]))
                sent.append(await self._send(producer, "trade", trade["pair"], trade))
            articles += 1
            article = an_article(chance, articles, began_s + 2 * articles)
            self._articles.update(article["cryptocurrencies_mentioned"])
            sent.append(await self._send(producer, "article", article["website"], article))
            await asyncio.gather(*sent)
            await asyncio.sleep(0.05)
        await producer.stop()
        self._is_over = True

    async def _send(self, producer, kind, key, fields):
        value = json.dumps(fields).encode()
        self.sent.append((kind, value))
        return await producer.send(self.topics[kind], value, key.encode())

    async def at_least(self, count):
        while sum(map(len, self.trades.values())) < count:
            await asyncio.sleep(0.02)

    def is_seen_by(self, follower):
        if not self._is_over:
            return False
        if isinstance(follower, TradeFollower):
            return len(follower.rows) >= len(self.trades[follower.subject])
        seen = sum(row[follower.counted] for row in follower.windows.values())
        if isinstance(follower, SentimentFollower):
            return seen >= self._articles[follower.subject]
        return seen >= len(self.trades[follower.subject])


def a_trade(chance, number, time_s):
    # A prime apart, prices are all different and neither rise nor fall.
    price = number * 7_919 % 1_000_003
    side, volume = chance.choice("bs"), chance.randint(1, 9)
    fields = {"pair": chance.choice(PAIRS), "price": price, "volume": volume, "side": side}
    return fields | {"timestamp": time_s}


def an_article(chance, number, time_s):
    score = chance.randint(0, 8) / 8
    label = "positive" if score > 0.6 else "negative" if score < 0.4 else "neutral"
    return {
        "id": f"site_{number}",
        "url": f"https://site.com/{number}",
        "website": "site.com",
        "cryptocurrencies_mentioned": chance.choice((["BTC"], ["ETH"], ["ETH", "BTC"])),
        "sentiment": {"score": score, "label": label},
        "published_at": time_s,
    }
