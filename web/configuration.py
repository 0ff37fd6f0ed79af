"""`/api/v1/config/crypto/`: the cryptos that are followed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from faust.types.web import Request
from faust.web import View
from msgspec import Meta

from tables.configuration import Crypto, cryptos
from web.answers import Answer, Refusal, json_answer
from web.live_rows import ready
from web.operation import answers, page
from web.queries import CryptoText, crypto_of

Name = Annotated[str, Meta(max_length=100, description="What people call it.")]


class CryptoBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A crypto as it is written."""

    symbol: CryptoText
    name: Name = ""
    is_active: bool = True


class CryptoReplacement(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A crypto as it replaces another of its symbol."""

    symbol: CryptoText | None = None
    name: Name = ""
    is_active: bool = True


class CryptoChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    is_active: bool | msgspec.UnsetType = msgspec.UNSET


class CryptoList(msgspec.Struct, kw_only=True):
    """All cryptos, by symbol."""

    count: int
    data: list[Crypto]


@page("/api/v1/config/crypto/")
class Cryptos(View):
    """The cryptos that are followed."""

    @answers(CryptoList, problems=(503,))
    async def get(self, request: Request) -> Answer:
        """Return all cryptos, by symbol."""
        ready()
        found = cryptos.all()
        return json_answer(CryptoList(count=len(found), data=found))

    @answers(Crypto, status=201, problems=(400, 409, 503))
    async def post(self, request: Request, body: CryptoBody) -> Answer:
        """Add a crypto; answers when its changelog record is acknowledged."""
        ready()
        symbol = crypto_of(body.symbol)
        now = datetime.now(UTC)
        crypto = Crypto(
            symbol=symbol,
            name=body.name,
            is_active=body.is_active,
            created_at=now,
            updated_at=now,
        )
        async with cryptos.change():
            if cryptos.get(symbol) is not None:
                detail = f"There is a crypto {symbol!r} already."
                raise Refusal(409, detail, parameter="symbol", value=body.symbol)
            await cryptos.put(symbol, crypto)
        where = f"/api/v1/config/crypto/{symbol}/"
        return json_answer(crypto, status=201, headers={"Location": where})


@page("/api/v1/config/crypto/{symbol}/")
class OneCrypto(View):
    """One crypto that is followed."""

    @answers(Crypto, problems=(400, 404, 503))
    async def get(self, request: Request, symbol: CryptoText) -> Answer:
        """Return a crypto."""
        return json_answer(_found(symbol))

    @answers(Crypto, problems=(400, 503))
    async def put(self, request: Request, symbol: CryptoText, body: CryptoReplacement) -> Answer:
        """Put a crypto in the place of the one of this symbol, or add it."""
        ready()
        name = crypto_of(symbol)
        if body.symbol is not None and crypto_of(body.symbol) != name:
            raise Refusal(
                400,
                f"symbol must be that of the path, {name!r}, was {body.symbol!r}.",
                parameter="symbol",
                value=body.symbol,
            )
        now = datetime.now(UTC)
        async with cryptos.change():
            known = cryptos.get(name)
            crypto = Crypto(
                symbol=name,
                name=body.name,
                is_active=body.is_active,
                created_at=now if known is None else known.created_at,
                updated_at=now,
            )
            await cryptos.put(name, crypto)
        return json_answer(crypto)

    @answers(Crypto, problems=(400, 404, 503))
    async def patch(self, request: Request, symbol: CryptoText, body: CryptoChange) -> Answer:
        """Change a part of a crypto."""
        given = {
            name: value
            for name in body.__struct_fields__
            if (value := getattr(body, name)) is not msgspec.UNSET
        }
        async with cryptos.change():
            known = _found(symbol)
            changed = msgspec.structs.replace(known, **given, updated_at=datetime.now(UTC))
            await cryptos.put(known.symbol, changed)
        return json_answer(changed)

    @answers(None, status=204, problems=(400, 404, 503))
    async def delete(self, request: Request, symbol: CryptoText) -> Answer:
        """Delete a crypto."""
        async with cryptos.change():
            await cryptos.delete(_found(symbol).symbol)
        return Answer(b"", status=204)


def _found(symbol: str) -> Crypto:
    ready()
    crypto = cryptos.get(crypto_of(symbol))
    if crypto is None:
        raise Refusal(404, f"There is no crypto {symbol!r}.", parameter="symbol", value=symbol)
    return crypto
