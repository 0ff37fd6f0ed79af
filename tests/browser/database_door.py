"""A door in front of the database that tests can shut, as if the server were down."""

import asyncio
import contextlib
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit


class DatabaseDoor:
    """Passes a Unix socket's connections on to the embedded PostgreSQL's while it is open."""

    def __init__(self, dsn, directory):
        parts = urlsplit(dsn)
        query = parse_qs(parts.query)
        name = f".s.PGSQL.{query['port'][0]}"
        self._behind = Path(query["host"][0]) / name
        self._path = Path(directory) / name
        self.dsn = dsn.replace(quote(query["host"][0], safe=""), quote(str(directory), safe=""))
        assert self.dsn != dsn, dsn
        self._server = None
        self._writers = set()

    async def open(self):
        self._server = await asyncio.start_unix_server(self._pass, self._path)
        self._path.chmod(0o777)

    async def shut(self):
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        self._path.unlink(missing_ok=True)

    async def _pass(self, reader, writer):
        to_reader, to_writer = await asyncio.open_unix_connection(self._behind)
        self._writers |= {writer, to_writer}
        try:
            await asyncio.gather(_copy(reader, to_writer), _copy(to_reader, writer))
        finally:
            self._writers -= {writer, to_writer}


async def _copy(reader, writer):
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
