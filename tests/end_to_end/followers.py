"""Clients of the HTTP interface that lose their connections all the time."""

import asyncio
import json
import random
from datetime import datetime

import aiohttp

# What the oracle computes of a window, and the field of its rows that says it.
CANDLE_FIELDS = {
    name: name
    for name in (
        "open", "high", "low", "close", "volume", "buy_volume", "sell_volume", "vwap", "trades",
    )
}  # fmt: skip
SENTIMENT_FIELDS = {
    "count": "article_count",
    "score": "sentiment_score",
    "label": "sentiment_label",
    "positive": "positive",
    "neutral": "neutral",
    "negative": "negative",
    "confidence": "confidence",
}
PROBLEMS = (aiohttp.ClientError, TimeoutError, ConnectionError, json.JSONDecodeError)


class Follower:
    """Reads the history of one pair or crypto, page by page, and then the stream behind it."""

    def __init__(self, address, subject, seed):
        # A function, since a worker that takes over has another address.
        self.address, self.subject, self.random = address, subject, random.Random(seed)
        self.cursor, self.rows, self.disconnects = None, [], 0

    async def answer(self, session, path, **query):
        """Return what *path* answers, asking again while the worker is away."""
        while True:
            try:
                async with session.get(self.address() + path, params=query) as answer:
                    if answer.status == 503:
                        await asyncio.sleep(0.1)
                        continue
                    assert answer.status == 200, await answer.text()
                    return await answer.json()
            except PROBLEMS:
                await asyncio.sleep(0.1)

    async def follow(self, is_done):
        """Follow until *is_done* of this follower, leaving and coming back at random."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            await self.read_history(session)
            while not is_done(self):
                stay = self.random.randint(1, 6)
                over = self.random.choice((self.over_events, self.over_socket))
                try:
                    await over(session, stay, is_done)
                except PROBLEMS:
                    await asyncio.sleep(0.1)
                self.disconnects += 1

    async def over_events(self, session, stay, is_done):
        url = f"{self.address()}/api/v1/stream"
        headers = {"Last-Event-ID": self.cursor}
        async with session.get(url, params={"channels": self.channel}, headers=headers) as answer:
            if answer.status != 200:
                raise aiohttp.ClientError(answer.status)
            event = {}
            while stay and not is_done(self):
                line = (await asyncio.wait_for(answer.content.readline(), 5)).decode()
                if not line:
                    return
                if line == "\n":
                    assert event.get("event") in (None, "updates", "closed"), event
                    if event.get("event") == "updates":
                        self.take(json.loads(event["data"]))
                        stay -= 1
                    event = {}
                else:
                    name, _, value = line.rstrip("\n").partition(": ")
                    event[name] = value

    async def over_socket(self, session, stay, is_done):
        async with session.ws_connect(f"{self.address()}/ws/") as socket:
            await socket.send_json(
                {"op": "subscribe", "channels": [self.channel], "cursor": self.cursor}
            )
            number = 0
            while stay and not is_done(self):
                message = await asyncio.wait_for(socket.receive(), 5)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                told = json.loads(message.data)
                assert told["type"] in ("updates", "subscribed", "heartbeat", "error"), told
                if told["type"] == "error":
                    assert told["status"] == 503, told
                    raise aiohttp.ClientError(told)
                if told["type"] == "updates":
                    number += 1
                    assert told["seq"] == number
                    self.take(told)
                    stay -= 1

    def take(self, told):
        self.cursor = told["cursor"]
        self.rows += [update["data"] for update in told["updates"]]


class TradeFollower(Follower):
    """Follows the trades of a pair; *rows* are all of them, in order."""

    @property
    def channel(self):
        return f"trade:{self.subject}"

    async def read_history(self, session):
        limit = str(self.random.randint(20, 60))
        page = await self.answer(session, f"/api/v1/trade/{self.subject}/historique/", limit=limit)
        self.cursor, rows = page["stream"], page["data"]
        while page["next"]:
            path, _, query = page["next"].partition("?")
            page = await self.answer(session, f"{path}?{query}")
            rows += page["data"]
        self.rows = rows[::-1]


class WindowFollower(Follower):
    """Follows windows; each state of a window must outrank the one before.

    *table* is the one that the windows are of. *names* are those of what is compared.
    """

    start_field = "timestamp"

    @property
    def channel(self):
        return f"{self.table}:{self.subject}"

    async def read_history(self, session):
        page = await self.answer(session, self.path.format(self.subject), limit="1000")
        self.cursor, self.windows = page["stream"], {}
        assert page["next"] is None
        self.note(page["data"])

    def take(self, told):
        super().take(told)
        self.note(update["data"] for update in told["updates"])

    def note(self, rows):
        for row in rows:
            start = datetime.fromisoformat(row[self.start_field]).timestamp()
            key = f"{self.subject}|{int(start)}"
            known = self.windows.get(key)
            if known is not None:
                assert rank(known) < rank(row), (known, row)
            self.windows[key] = row

    def told(self):
        """Return what was last told of each window, by the oracle's keys and names."""
        return {
            key: {name: row[field] for name, field in self.names.items()}
            for key, row in self.windows.items()
        }


class CandleFollower(WindowFollower):
    """Follows the one-minute candles of a pair."""

    table, path, counted = "candles", "/api/v1/candles/{}/", "trades"
    names = CANDLE_FIELDS


class SentimentFollower(WindowFollower):
    """Follows the sentiment about a crypto."""

    table, path, counted = "sentiment", "/api/v1/sentiment/{}/historique/", "article_count"
    start_field = "window_start"
    names = SENTIMENT_FIELDS


def rank(row):
    return row["revision"], row["final"]
