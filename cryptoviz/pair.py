"""Spell every currency pair one way: BASE/QUOTE in upper case, under today's symbols.

Venues write the same pair as `BTC-USD`, `btc_usd`, `XBT/USD`, `XXBTZUSD` or `BTCUSD`. A pair
without a separator is split by the known quotes; when two splits are possible, a split whose base
is a known symbol wins, and a pair that is still ambiguous is refused rather than guessed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator

QUOTES = (
    "USDT", "USDC", "BUSD", "TUSD", "FDUSD", "DAI", "USD", "EUR", "GBP", "JPY", "CHF", "CAD",
    "AUD", "KRW", "TRY", "BRL", "BTC", "ETH", "BNB",
)  # fmt: skip

RENAMED = {"XBT": "BTC", "XDG": "DOGE"}

# Kraken's first assets carry an X (crypto) or a Z (fiat) in front. The list is closed: XTZ and ZEC
# only look like members of it.
LEGACY = {
    "XETC": "ETC", "XETH": "ETH", "XICN": "ICN", "XLTC": "LTC", "XMLN": "MLN", "XNMC": "NMC",
    "XREP": "REP", "XXBT": "BTC", "XXDG": "DOGE", "XXLM": "XLM", "XXMR": "XMR", "XXRP": "XRP",
    "XZEC": "ZEC", "ZAUD": "AUD", "ZCAD": "CAD", "ZEUR": "EUR", "ZGBP": "GBP", "ZJPY": "JPY",
    "ZKRW": "KRW", "ZUSD": "USD",
}  # fmt: skip
_TODAYS = RENAMED | LEGACY

# Only consulted when the quotes allow two splits: BNBUSD is BNB/USD, not BN/BUSD.
KNOWN_BASES = frozenset((
    "AAVE", "ADA", "ALGO", "APE", "APT", "AR", "ARB", "ATOM", "AVAX", "AXS", "BAT", "BCH", "BNB",
    "BNT", "BSV", "BTC", "BTT", "BUSD", "CAKE", "COMP", "CRV", "DAI", "DASH", "DOGE", "DOT", "EGLD",
    "ENS", "EOS", "ETC", "ETH", "FDUSD", "FET", "FIL", "FLOW", "FTM", "GALA", "GRT", "HBAR", "ICP",
    "IMX", "INJ", "KAS", "KSM", "LDO", "LINK", "LTC", "LUNA", "MANA", "MATIC", "MKR", "MLN", "NEAR",
    "NEO", "NOT", "OP", "ORDI", "PAXG", "PEPE", "POL", "QNT", "QTUM", "REP", "RNDR", "RUNE", "SAND",
    "SEI", "SHIB", "SNX", "SOL", "STETH", "STX", "SUI", "SUSHI", "TAO", "THETA", "TIA", "TON",
    "TRB", "TRX", "TUSD", "UNI", "USDC", "USDT", "VET", "WBTC", "WETH", "WIF", "WLD", "XLM", "XMR",
    "XRP", "XTZ", "YFI", "ZEC", "ZRX",
))  # fmt: skip

# Suffixes of derivative contracts, which a separator makes look like quotes.
CONTRACT_WORDS = frozenset(("FUT", "FUTURES", "PERP", "PERPETUAL", "SPOT", "SWAP"))

# No `|` and no `/`: table keys and pairs are cut at them. Dots are inner ones (Kraken's ETH2.S).
_SYMBOL = re.compile(r"[A-Z0-9]{1,20}(?:\.[A-Z0-9]{1,8})?")
_SEPARATOR = re.compile(r"[/_-]")
_LONGEST_TEXT = 48
_CACHED_SPELLINGS = 16_384


class PairError(ValueError):
    """A pair or symbol has no certain spelling; the message is one sentence with its text."""


def normalise(text: str, quotes: tuple[str, ...] = QUOTES) -> str:
    """Return *text* as BASE/QUOTE; *quotes* (upper case) split a pair without a separator.

    Raises `PairError` when *text* is no pair, or could be more than one.
    """
    spelling = text.strip().upper() if len(text) <= _LONGEST_TEXT and text.isascii() else ""
    parts = _SEPARATOR.split(spelling)
    if len(parts) == 2:
        return _joined(parts[0], parts[1], text)
    if len(parts) != 1 or not _SYMBOL.fullmatch(spelling):
        raise PairError(f"pair must be BASE/QUOTE, was {_shown(text)}")
    splits = set() if spelling in KNOWN_BASES else set(_splits(spelling, quotes))
    if len(splits) > 1:
        splits = {pair for pair in splits if split(pair)[0] in KNOWN_BASES} or splits
    if not splits:
        raise PairError(f"pair must be BASE/QUOTE or end with a known quote, was {_shown(text)}")
    if len(splits) > 1:
        choices = " or ".join(sorted(splits))
        raise PairError(f"pair must have one meaning, was {_shown(text)}: {choices}")
    return splits.pop()


def lookup(quotes: tuple[str, ...] = QUOTES) -> Callable[[str], str]:
    """Return `normalise` for *quotes* with a bounded memory of the spellings it has seen.

    Errors are not remembered, so hostile texts cannot take the memory of real pairs.
    """
    return functools.lru_cache(_CACHED_SPELLINGS)(lambda text: normalise(text, quotes))


def split(pair: str) -> tuple[str, str]:
    """Return (base, quote) of a normalised *pair*; raises `PairError` for any other text."""
    base, slash, quote = pair.partition("/")
    if not (slash and _SYMBOL.fullmatch(base) and _SYMBOL.fullmatch(quote)):
        raise PairError(f"pair must be BASE/QUOTE, was {_shown(pair)}")
    return base, quote


def crypto(symbol: str) -> str:
    """Return *symbol* in upper case under today's name: `xbt` is `BTC`.

    A symbol has 1 to 20 of A-Z and 0-9, with at most one inner dot; else raises `PairError`.
    """
    spelling = symbol.strip().upper() if len(symbol) <= _LONGEST_TEXT and symbol.isascii() else ""
    if not _SYMBOL.fullmatch(spelling):
        raise PairError(f"crypto must be a symbol such as BTC, was {_shown(symbol)}")
    return _TODAYS.get(spelling, spelling)


def _splits(spelling: str, quotes: tuple[str, ...]) -> Iterator[str]:
    old_quotes = [old for old, today in _TODAYS.items() if today in quotes]
    for ending in (*quotes, *old_quotes):
        rest = spelling.removesuffix(ending)
        base, quote = _TODAYS.get(rest, rest), _TODAYS.get(ending, ending)
        if rest == spelling or base == quote or not _SYMBOL.fullmatch(rest):
            continue
        # FOOZUSD is FOOZ/USD: the old quotes were only ever written after well-known bases. And
        # one letter is too little to be sure of: WBTC is a symbol, not W/BTC.
        certain_enough = len(rest) > 1 and ending not in LEGACY
        if certain_enough or base in KNOWN_BASES:
            yield f"{base}/{quote}"


def _joined(base: str, quote: str, text: str) -> str:
    base, quote = base.strip(), quote.strip()
    well_formed = _SYMBOL.fullmatch(base) and _SYMBOL.fullmatch(quote)
    base, quote = _TODAYS.get(base, base), _TODAYS.get(quote, quote)
    if not well_formed or base == quote or quote.isdigit() or quote in CONTRACT_WORDS:
        raise PairError(f"pair must be BASE/QUOTE, was {_shown(text)}")
    return f"{base}/{quote}"


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…")
