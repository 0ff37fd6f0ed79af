"""`/udf/…`: TradingView's Universal Data Feed, so that existing chart front ends plug in.

https://www.tradingview.com/charting-library-docs/latest/connecting_data/UDF/ has the protocol.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from faust.types.web import Request, View
from msgspec import Meta

from cryptoviz.period import EARLIEST
from web import candles, known
from web.answers import Answer, Refusal, json_answer
from web.live_rows import ready
from web.operation import answers, page
from web.queries import PairText, pair_of

Resolution = Literal["1", "5", "60", "1D", "D"]
_INTERVALS = {"1": "1m", "5": "5m", "60": "1h", "1D": "1d", "D": "1d"}
_EXCHANGE = "CRYPTO VIZ"
# Bars of one answer; the library asks for more when it needs them.
MOST_BARS = 5_000
UnixTime = Annotated[int, Meta(ge=0, le=32_503_680_000, description="Unix time (s).")]


class Config(msgspec.Struct, kw_only=True):
    """What this feed can do."""

    supports_search: bool = True
    supports_group_request: bool = False
    supports_marks: bool = False
    supports_timescale_marks: bool = False
    supports_time: bool = True
    supported_resolutions: tuple[str, ...] = ("1", "5", "60", "1D")


class Symbol(msgspec.Struct, kw_only=True):
    """A pair, as the library describes it."""

    name: str
    ticker: str
    description: str
    type: str = "crypto"
    session: str = "24x7"
    timezone: str = "Etc/UTC"
    exchange: str = _EXCHANGE
    listed_exchange: str = _EXCHANGE
    minmov: int = 1
    pricescale: int = 100_000
    has_intraday: bool = True
    intraday_multipliers: tuple[str, ...] = ("1", "5", "60")
    has_daily: bool = True
    supported_resolutions: tuple[str, ...] = ("1", "5", "60", "1D")
    volume_precision: int = 8
    data_status: str = "streaming"


class Found(msgspec.Struct, kw_only=True):
    """A pair, as a search shows it."""

    symbol: str
    full_name: str
    description: str
    exchange: str = _EXCHANGE
    ticker: str
    type: str = "crypto"


class Bars(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Columns of bars, oldest first; *s* is ok, or no_data."""

    s: str
    t: list[int] = []
    o: list[float] = []
    h: list[float] = []
    l: list[float] = []  # noqa: E741  # the protocol's name
    c: list[float] = []
    v: list[float] = []


class SymbolQuery(msgspec.Struct, kw_only=True):
    """Which pair."""

    symbol: PairText


class SearchQuery(msgspec.Struct, kw_only=True):
    """What to look for."""

    query: Annotated[str, Meta(max_length=48)] = ""
    type: str = ""
    exchange: str = ""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 30


class BarsQuery(msgspec.Struct, kw_only=True, rename={"since": "from"}):
    """Which bars: the last *countback*, or those from *since*, before *to*."""

    symbol: PairText
    resolution: Resolution
    since: UnixTime
    to: UnixTime
    countback: Annotated[int, Meta(ge=1, le=MOST_BARS)] | None = None


@page("/udf/config")
@answers(Config)
async def config(view: View, request: Request) -> Answer:
    """Return what this feed can do."""
    return json_answer(Config())


@page("/udf/time")
@answers(int, content_type="text/plain")
async def server_time(view: View, request: Request) -> Any:
    """Return the server's Unix time in seconds."""
    return web.Response(text=str(int(time.time())))


@page("/udf/symbols")
@answers(Symbol, problems=(400, 404, 503))
async def symbols(view: View, request: Request, query: SymbolQuery) -> Answer:
    """Return how the library is to treat a pair."""
    ready()
    pair = pair_of(query.symbol.removeprefix(f"{_EXCHANGE}:"))
    if pair not in known.active_pairs():
        detail = f"There is no active pair {pair!r}."
        raise Refusal(404, detail, parameter="symbol", value=query.symbol)
    return json_answer(Symbol(name=pair, ticker=pair, description=pair))


@page("/udf/search")
@answers(list[Found], problems=(400, 503))
async def search(view: View, request: Request, query: SearchQuery) -> Answer:
    """Return the active pairs whose name contains a text."""
    ready()
    wanted = query.query.upper()
    there = known.active_pairs()
    found = [pair for pair in there if wanted in pair or wanted in pair.replace("/", "")]
    return json_answer(
        [
            Found(symbol=pair, full_name=f"{_EXCHANGE}:{pair}", description=pair, ticker=pair)
            for pair in found[: query.limit]
        ]
    )


@page("/udf/history")
@answers(Bars, problems=(400, 404, 503), cached_s=1.0)
async def bars(view: View, request: Request, query: BarsQuery) -> Answer:
    """Return the bars of a pair, oldest first."""
    ready()
    pair = pair_of(query.symbol.removeprefix(f"{_EXCHANGE}:"))
    interval = _INTERVALS[query.resolution]
    end = datetime.fromtimestamp(query.to, UTC)
    start = max(datetime.fromtimestamp(query.since, UTC), EARLIEST)
    limit = query.countback or MOST_BARS
    if query.countback is not None:
        # The library wants so many bars, however far back they lie.
        start = min(start, end - 2 * limit * candles.STEPS[interval])
    rows, _ = await candles.read(pair, interval, max(start, EARLIEST), max(end, EARLIEST), limit)
    if not rows and pair not in known.pairs():
        detail = f"Nothing is known of the pair {pair!r}."
        raise Refusal(404, detail, parameter="symbol", value=query.symbol)
    return json_answer(_columns(rows[::-1]))


def _columns(rows: list[dict[str, Any]]) -> Bars:
    if not rows:
        return Bars(s="no_data")
    return Bars(
        s="ok",
        t=[int(datetime.fromisoformat(row["timestamp"]).timestamp()) for row in rows],
        o=[row["open"] for row in rows],
        h=[row["high"] for row in rows],
        l=[row["low"] for row in rows],
        c=[row["close"] for row in rows],
        v=[row["volume"] for row in rows],
    )
