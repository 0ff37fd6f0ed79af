"""The global tables of what people configure: the cryptos followed, and how charts look."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from faust.types import TP
from msgspec import Meta

from cryptoviz.app import app
from cryptoviz.settings import current
from tables.rows import Rows

ACKNOWLEDGE_TIMEOUT_S = 10.0
Text = Annotated[str, Meta(min_length=1, max_length=100)]


class Crypto(msgspec.Struct, kw_only=True, omit_defaults=False):
    """A crypto that is followed; one not active is left out of live views and predictions."""

    symbol: Annotated[str, Meta(pattern=r"^[A-Z0-9.]{1,30}$")]
    name: Annotated[str, Meta(max_length=100)] = ""
    is_active: bool = True
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Visualization(msgspec.Struct, kw_only=True, omit_defaults=False):
    """How a chart of a crypto is drawn."""

    name: Text
    crypto_symbol: Annotated[str, Meta(pattern=r"^[A-Z0-9.]{1,30}$")]
    time_range: Annotated[str, Meta(max_length=20)] = "24h"
    chart_type: Annotated[str, Meta(max_length=20)] = "candlestick"
    indicators: Annotated[list[Text], Meta(max_length=50)] = []
    created_at: datetime | None = None
    updated_at: datetime | None = None


Entry = TypeVar("Entry", bound=msgspec.Struct)


class Deleted(msgspec.Struct):
    """Stands for an entry that was deleted, so that a default does not come back."""

    deleted: bool = False


class Configuration(Generic[Entry]):
    """Entries by name, the same on every worker; *defaults* are there until they are deleted."""

    def __init__(
        self, name: str, entry: type[Entry], defaults: dict[str, Entry], help: str
    ) -> None:
        self.rows = Rows(app, name, everywhere=True, help=help)
        self._defaults = defaults
        self._decode = msgspec.json.Decoder(entry).decode
        self._encode = msgspec.json.Encoder().encode
        self._changing = asyncio.Lock()

    def get(self, name: str) -> Entry | None:
        """Return the entry *name*, None if there is none."""
        value = self.rows.read(_partition(name), name.encode())
        if value is None:
            return self._defaults.get(name)
        return None if _is_gone(value) else self._decode(value)

    def all(self) -> list[Entry]:
        """Return all entries, by name."""
        found: dict[str, Entry | None] = {**self._defaults}
        for partition in self.rows.partitions():
            for key, value in self.rows.scan(partition):
                found[key.decode()] = None if _is_gone(value) else self._decode(value)
        return [entry for _, entry in sorted(found.items()) if entry is not None]

    @asynccontextmanager
    async def change(self) -> AsyncIterator[None]:
        """Keep this worker's other writers out of a block that reads an entry and writes it.

        Raises TimeoutError when its turn, or the acknowledgement, does not come in time.
        """
        async with asyncio.timeout(ACKNOWLEDGE_TIMEOUT_S), self._changing:
            yield

    async def put(self, name: str, entry: Entry) -> None:
        """Write an entry; return when its changelog record is acknowledged and it is seen here.

        To be called within `change`.
        """
        await self._write(name, self._encode(entry))

    async def delete(self, name: str) -> None:
        """Delete an entry, likewise."""
        await self._write(name, self._encode(Deleted(True)))

    async def _write(self, name: str, value: bytes) -> None:
        key, partition = name.encode(), _partition(name)
        topic: Any = self.rows.table.changelog_topic
        sent = await topic.send(key=key, value=value, partition=partition, force=True)
        where = await sent
        # The changelog may have brought this write, and later ones, already.
        store: Any = self.rows.table.data
        applied = store.persisted_offset(TP(topic.get_topic_name(), partition))
        if applied is None or applied < where.offset:
            store._db_for_partition(partition).put(key, value)


def _is_gone(value: bytes) -> bool:
    return msgspec.json.decode(value, type=Deleted).deleted


def _partition(name: str) -> int:
    return zlib.crc32(name.encode()) % current().topic_partitions


cryptos = Configuration(
    "crypto_configuration",
    Crypto,
    {symbol: Crypto(symbol=symbol) for symbol in current().tracked_cryptos},
    help="The cryptos that are followed, and whether they are active.",
)
visualizations = Configuration(
    "visualization_parameters",
    Visualization,
    {
        f"{symbol} prices": Visualization(
            name=f"{symbol} prices", crypto_symbol=symbol, indicators=["volume", "sentiment"]
        )
        for symbol in current().tracked_cryptos[:3]
    },
    help="How the charts of the dashboard are drawn.",
)


def inactive_symbols() -> frozenset[str]:
    """Return the cryptos that are left out of live views and predictions."""
    return frozenset(crypto.symbol for crypto in cryptos.all() if not crypto.is_active)


def is_active(symbol: str) -> bool:
    """Return whether *symbol* is not left out of live views and predictions."""
    crypto = cryptos.get(symbol)
    return crypto is None or crypto.is_active
