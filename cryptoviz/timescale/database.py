"""The database of one worker: its pool of connections, and its schema once it answers."""

from __future__ import annotations

import asyncio
import logging
import time

from cryptoviz.settings import Settings
from cryptoviz.timescale.failures import sentence
from cryptoviz.timescale.migrate import migrate
from cryptoviz.timescale.pool import Pool, connect
from cryptoviz.timescale.statements import query

log = logging.getLogger(__name__)

# An answer to `/health/` must not wait for a database that does not answer.
PROBE_TIMEOUT_S = 1.0
# How long the answer of one probe is good for.
PROBE_AGE_S = 1.0


class Database:
    """A pool that is made on first use, and a schema that is brought up to date on first write."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: Pool | None = None
        self._migrated = False
        self._lock = asyncio.Lock()
        self._probing = asyncio.Lock()
        self._probed_s = -PROBE_AGE_S
        self._trouble: str | None = None

    @property
    def is_configured(self) -> bool:
        """Whether the settings name a database."""
        return self._settings.timescale_dsn is not None

    async def pool(self) -> Pool:
        """Return the pool; it connects when it is asked. Raises `NoDatabaseError` without a DSN."""
        if self._pool is not None:
            return self._pool
        async with self._lock:
            if self._pool is None:
                self._pool = await connect(self._settings)
            return self._pool

    async def migrated(self) -> Pool:
        """Return the pool once the schema is this version's; waits for the database for ever.

        Raises `MigrationError` if the schema and this version do not belong together.
        """
        pool = await self.pool()
        async with self._lock:
            if not self._migrated:
                report = await migrate(
                    self._settings.timescale_dsn or "",
                    retention_days=self._settings.timescale_retention_days,
                    patience_s=None,
                )
                log.info("%s", " ".join(report.sentences()))
                self._migrated = True
        return pool

    async def trouble(self) -> str | None:
        """Return why the database does not answer now, None if it does."""
        if self._is_old():
            async with self._probing:
                # All who came while one asked have its answer.
                if self._is_old():
                    self._trouble = await self._probe()
                    self._probed_s = time.monotonic()
        return self._trouble

    def _is_old(self) -> bool:
        return time.monotonic() - self._probed_s >= PROBE_AGE_S

    async def _probe(self) -> str | None:
        try:
            pool = await self.pool()
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                await pool.fetchval(query("answers"))
        except TimeoutError:
            return f"no answer within {PROBE_TIMEOUT_S:g} s"
        except Exception as error:  # Whatever it is, it is the answer that was asked for.
            return sentence(error)
        return None

    async def close(self) -> None:
        """Close all connections at once."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None
