"""Records and rows for the tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptoviz.records import Ticker
from cryptoviz.timescale.raw_table import TICKERS, Row

# A full hour, so that tests can count in hours from it.
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def a_ticker(**changes: Any) -> Ticker:
    """Return a ticker of BTC/USD at noon, with *changes*."""
    fields: dict[str, Any] = {
        "pair": "BTC/USD",
        "last": 34_000.5,
        "bid": 33_990.0,
        "ask": 34_010.0,
        "volume_24h": 1_200.5,
        "event_time_s": NOON.timestamp(),
    }
    return Ticker(**(fields | changes))


def ticker_rows(offsets: range, *, partition: int = 0, start: datetime = NOON) -> list[Row]:
    """Return one row for each offset, a second apart, whose price is its offset plus one."""
    return [
        TICKERS.to_row(
            a_ticker(
                last=offset + 1.0, event_time_s=(start + timedelta(seconds=offset)).timestamp()
            ),
            partition,
            offset,
        )
        for offset in offsets
    ]
