"""Candles computed in plain Python from the rows that were written."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptoviz.timescale.raw_table import Row

Candle = tuple[str, datetime, float, float, float, float, float]


def candles(rows: Iterable[Row], step: timedelta) -> list[Candle]:
    """Return (pair, bucket, open, high, low, close, avg_volume) by pair and time.

    A row is one of `raw_table.TICKERS`. Rows of one time come in the order of their coordinates.
    """
    groups: dict[tuple[str, datetime], list[Row]] = {}
    for row in rows:
        bucket = datetime.fromtimestamp(
            row[0].timestamp() // step.total_seconds() * step.total_seconds(), UTC
        )
        groups.setdefault((row[1], bucket), []).append(row)
    result = []
    for (pair, bucket), group in sorted(groups.items()):
        group.sort(key=lambda row: (row[0], row[6], row[7]))
        prices = [row[2] for row in group]
        volume = sum(row[5] for row in group) / len(group)
        result.append((pair, bucket, prices[0], max(prices), min(prices), prices[-1], volume))
    return result


def trade_candles(rows: Iterable[Row], step: timedelta) -> list[dict[str, Any]]:
    """Return candles as history answers show them, newest first; all of one pair, all final.

    A row is one of `raw_table.TRADES`.
    """
    groups: dict[datetime, list[Row]] = {}
    for row in rows:
        start = row[0] - (row[0] - datetime(1970, 1, 1, tzinfo=UTC)) % step
        groups.setdefault(start, []).append(row)
    shown = []
    for start, group in sorted(groups.items(), reverse=True):
        group.sort(key=lambda row: (row[0], row[5], row[6]))
        prices = [row[2] for row in group]
        volume = sum(row[3] for row in group)
        shown.append(
            {
                "timestamp": start.isoformat(),
                "end": (start + step).isoformat(),
                "pair": group[0][1],
                "open": prices[0],
                "high": max(prices),
                "low": min(prices),
                "close": prices[-1],
                "volume": volume,
                "buy_volume": sum(row[3] for row in group if row[4] == "b"),
                "sell_volume": sum(row[3] for row in group if row[4] == "s"),
                "vwap": sum(row[2] * row[3] for row in group) / volume if volume else None,
                "trades": len(group),
                "revision": len(group),
                "final": True,
            }
        )
    return shown


def trades(tickers: Iterable[Row]) -> list[Row]:
    """Return a trade for each of the ticker rows: its price and volume, and one of the sides."""
    sides = ("b", "s", None)
    return [
        (time, pair, price, volume, sides[offset % 3], partition, offset)
        for time, pair, price, _, _, volume, partition, offset in tickers
    ]


def a_market(
    start: datetime, end: datetime, *, pairs: int = 3, per_hour: int = 4, seed: int = 1
) -> list[Row]:
    """Return ticker rows of whole seconds in [start, end), in no order of time.

    Many share their pair and their second. Volumes are whole, so that their sums are exact.
    """
    chance = random.Random(seed)
    hours = (end - start) / timedelta(hours=1)
    times = [
        start + timedelta(seconds=chance.randrange(int(hours * 3600)) // 60 * 60)
        for _ in range(int(hours * per_hour * pairs))
    ]
    return [
        (
            time,
            f"C{chance.randrange(pairs)}/USD",
            float(chance.randrange(1, 10_000)),
            None,
            None,
            float(chance.randrange(100)),
            0,
            offset,
        )
        for offset, time in enumerate(times)
    ]
