"""`/api/v1/instruments/` and `/api/v1/cryptos/`: what there is to ask for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from faust.types.web import Request, View

from cryptoviz import pair as pairs
from tables import configuration, instruments
from tables.instruments import Instrument
from web.answers import Answer, json_answer
from web.live_rows import ready
from web.operation import answers, page


class InstrumentRow(msgspec.Struct, kw_only=True):
    """A pair that was seen, in which topics, and when (event time)."""

    pair: str
    base: str
    quote: str
    is_active: bool
    topics: list[str]
    first_seen: datetime
    last_seen: datetime


class Instruments(msgspec.Struct, kw_only=True):
    """All pairs, sorted."""

    count: int
    data: list[InstrumentRow]


class CryptoRow(msgspec.Struct, kw_only=True):
    """A crypto that is configured or traded; *pairs* are those that it is the base of."""

    symbol: str
    name: str
    is_active: bool
    is_configured: bool
    pairs: list[str]


class CryptoRows(msgspec.Struct, kw_only=True):
    """All cryptos, sorted."""

    count: int
    data: list[CryptoRow]


@page("/api/v1/instruments/")
@answers(Instruments, problems=(503,))
async def instrument_list(view: View, request: Request) -> Answer:
    """Return every pair that was seen."""
    ready()
    seen: dict[str, list[Instrument]] = {}
    for instrument in instruments.everything():
        seen.setdefault(instrument.pair, []).append(instrument)
    inactive = configuration.inactive_symbols()
    rows = [_instrument(pair, places, inactive) for pair, places in sorted(seen.items())]
    return json_answer(Instruments(count=len(rows), data=rows))


@page("/api/v1/cryptos/")
@answers(CryptoRows, problems=(503,))
async def crypto_list(view: View, request: Request) -> Answer:
    """Return every crypto that is configured, or the base of a pair that was seen."""
    ready()
    traded: dict[str, set[str]] = {}
    for instrument in instruments.everything():
        traded.setdefault(pairs.split(instrument.pair)[0], set()).add(instrument.pair)
    configured = {crypto.symbol: crypto for crypto in configuration.cryptos.all()}
    rows = []
    for symbol in sorted({*traded, *configured}):
        crypto = configured.get(symbol)
        rows.append(
            CryptoRow(
                symbol=symbol,
                name=crypto.name if crypto else "",
                is_active=crypto is None or crypto.is_active,
                is_configured=crypto is not None,
                pairs=sorted(traded.get(symbol, ())),
            )
        )
    return json_answer(CryptoRows(count=len(rows), data=rows))


def _instrument(pair: str, places: Iterable[Instrument], inactive: frozenset[str]) -> InstrumentRow:
    base, quote = pairs.split(pair)
    places = list(places)
    return InstrumentRow(
        pair=pair,
        base=base,
        quote=quote,
        is_active=base not in inactive,
        topics=sorted({place.topic for place in places}),
        first_seen=datetime.fromtimestamp(min(place.first_seen for place in places), UTC),
        last_seen=datetime.fromtimestamp(max(place.last_seen for place in places), UTC),
    )
