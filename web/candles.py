"""`/api/v1/candles/{pair}/`: candles of trades, from the live tables and, before, the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
import orjson
from faust.types.web import Request, View
from msgspec import Meta

from cryptoviz.feeds.cursor import Rank, WindowKey
from cryptoviz.settings import current
from cryptoviz.timescale.page import Page
from cryptoviz.timescale.trade_candles import trade_candles
from web import overlay, pages
from web.answers import Answer, Refusal, encode
from web.known import known_pair
from web.live_rows import known, windows
from web.operation import answers, page
from web.overlay import Seen
from web.pages import Asked, paged
from web.queries import DEFAULT_ROWS, HistoryQuery, Limit, PairText, pair_of
from web.shapes import CandleRow, candle_row, decode_candle

Interval = Literal["1m", "5m", "1h", "1d"]
STEPS: dict[str, timedelta] = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}
Row = dict[str, Any]


class CandleQuery(HistoryQuery, kw_only=True):
    """A page of the candles of a stretch of time, by their start."""

    interval: Annotated[Interval, Meta(description="Length of a candle.")] = "1m"
    limit: Limit = DEFAULT_ROWS


class Candles(msgspec.Struct, kw_only=True):
    """A page of candles, newest first; `next` and `stream` as in history answers."""

    pair: str
    interval: str
    count: int
    next: str | None
    stream: str | None = None
    data: list[CandleRow]


@page("/api/v1/candles/{pair:.+}/")
@answers(Candles, problems=(400, 404, 503), cached_s=1.0, tabular=True)
async def candle_history(
    view: View, request: Request, pair: PairText, query: CandleQuery
) -> Answer:
    """Return the candles of a pair, newest first, those that still form included."""
    name = pair_of(pair)
    subject = {"pair": name, "interval": query.interval}
    asked = Asked(request, query, subject, lasts=STEPS[query.interval])
    known(table_of(query.interval))
    cursor = await overlay.stream_start("candles") if asked.is_newest else None
    rows, more = await read(
        name, query.interval, asked.period.start, asked.start_of_page, query.limit
    )
    if not rows and not await known_pair(name):
        raise asked.unknown("pair", pair)
    seen = (_seen(row) for row in rows)
    stream = None if cursor is None else overlay.with_floors(cursor, seen)
    # A candle has no rival at its time, so its time alone leads on.
    following = asked.behind(rows[-1]["timestamp"]) if more and rows else None
    return paged(asked, Page(orjson.dumps(rows)[1:-1], len(rows), following), stream)


async def read(
    pair: str, interval: str, start: datetime, end: datetime, limit: int
) -> tuple[list[Row], bool]:
    """Return candles that begin in [start, end), newest first, and whether there are more.

    Without a database the tables alone answer, unless *start* is older than what they keep.
    """
    step = STEPS[interval]
    low, high = int(start.timestamp()), int(end.timestamp()) + 1
    # A cursor from before the range leads to none.
    span = f"{low}..{max(low, high)}"
    shown = await windows(table_of(interval), pair, limit + 1, span)
    stored, more = await _stored(pair, step, start, end, limit)
    candles = [decode_candle(value) for value in shown]
    rows = overlay.merged(
        ({**row, "interval": interval} for row in stored),
        (candle for candle in candles if low <= candle.window_start < end.timestamp()),
        lambda row: datetime.fromisoformat(row["timestamp"]),
        lambda candle: orjson.loads(encode(candle_row(candle))),
    )
    return rows[:limit], more or len(rows) > limit


def table_of(interval: str) -> str:
    """Return the name of the live table of candles of *interval*."""
    return "candles" if interval == "1m" else f"candles_{interval}"


async def _stored(
    pair: str, step: timedelta, start: datetime, end: datetime, limit: int
) -> tuple[list[Row], bool]:
    now = datetime.now(UTC)
    try:
        connections = await pages.pool()
    except Refusal:
        kept = timedelta(seconds=current().table_retention)
        if start >= now - kept - timedelta(minutes=1):
            return [], False
        raise
    final_before = now - timedelta(seconds=current().lateness)
    body, more = await trade_candles(connections, pair, step, start, end, limit, final_before)
    return orjson.loads(body), more


def _seen(row: Row) -> Seen:
    size = "" if row["interval"] == "1m" else f":{row['interval']}"
    start = int(datetime.fromisoformat(row["timestamp"]).timestamp())
    key = WindowKey("candles", row["pair"] + size, start)
    return Seen(key, Rank(row["revision"], row["final"]), datetime.fromisoformat(row["end"]))
