"""Whether a pair or a crypto was ever heard of, by the tables or by the database."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptoviz.period import EARLIEST
from cryptoviz.timescale import history
from tables import configuration, instruments
from web import pages
from web.database import database

_END = datetime(9000, 1, 1, tzinfo=UTC)


def pairs() -> list[str]:
    """Return every pair in the table of instruments, sorted."""
    return sorted({instrument.pair for instrument in instruments.everything()})


def active_pairs() -> list[str]:
    """Return the pairs whose base is not left out of live views, sorted."""
    inactive = configuration.inactive_symbols()
    return [pair for pair in pairs() if pair.partition("/")[0] not in inactive]


async def known_pair(pair: str) -> bool:
    """Return whether there ever was a record of *pair*; raises `Refusal` (503)."""
    if instruments.rows.find(pair.encode()):
        return True
    if not database.is_configured:
        # The tables are all there is.
        return False
    pool = await pages.pool()
    for read in (history.tickers, history.trades):
        if (await read(pool, pair, EARLIEST, _END, 1)).rows:
            return True
    return bool((await history.alerts(pool, EARLIEST, _END, 1, pair=pair)).rows)


async def known_crypto(symbol: str) -> bool:
    """Return whether *symbol* is configured, traded or stored; raises `Refusal` (503)."""
    if configuration.cryptos.get(symbol) is not None:
        return True
    if any(pair.startswith(f"{symbol}/") for pair in pairs()):
        return True
    if not database.is_configured:
        return False
    pool = await pages.pool()
    if (await history.sentiment(pool, symbol, EARLIEST, _END, 1)).rows:
        return True
    return bool((await history.predictions(pool, symbol, EARLIEST, _END, 1)).rows)
