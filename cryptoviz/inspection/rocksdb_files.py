"""Tables in the RocksDB files of a worker, opened read-only: a running worker does not notice.

A read-only opening takes no lock, and what it writes nonetheless goes beside links to the files,
not into the worker's directory. Beside a running worker it shows what was in the files at that
moment; a file that compaction removes meanwhile means opening again.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import msgspec
import rocksdict

from cryptoviz.inspection.place import Changes, no_table
from cryptoviz.inspection.selection import Selection
from cryptoviz.inspection.summary import state_of
from cryptoviz.inspection.table_name import resolved
from cryptoviz.inspection.view import TableRow, TableState
from cryptoviz.settings import Settings

_STORE = re.compile(r"^(?P<table>.+)-(?P<partition>[0-9]+)\.db$")
# Faust keeps the changelog offset of a store in the store itself, under such a key.
_FAUSTS_OWN = b"__faust\0"
# Written anew by whoever opens a store, read-only or not.
_REWRITTEN = "rocksdict-config.json"
ATTEMPTS = 5


class Files:
    """The stores of one worker's stream app."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        app_id = settings.cryptoviz_id
        self._directory = settings.cryptoviz_data_dir / app_id / "v1" / "tables"

    @property
    def sentence(self) -> str:
        """Says which directory."""
        return f"From the RocksDB files in {self._directory}, read-only."

    async def tables(self) -> list[TableState]:
        """Return all tables that have files."""
        return [
            state_of(
                table,
                f"{self._settings.cryptoviz_id}-{table}-changelog",
                self._read(paths),
                sorted(paths),
                self._settings,
            )
            for table, paths in sorted(self._stores().items())
        ]

    async def rows(self, table: str, _: Selection) -> list[TableRow]:
        """Return all rows of *table*."""
        stores = self._stores()
        name = resolved(table, stores, self._settings)
        if name is None:
            raise no_table(table, list(stores), f"in {self._directory}")
        return list(self._read(stores[name]))

    async def changes(self, table: str, _: Selection) -> AsyncIterator[Changes]:
        """Refuse: files are looked at once."""
        raise click.UsageError("--watch follows a worker or, with --changelog, a topic.")
        yield {}

    def _stores(self) -> dict[str, dict[int, Path]]:
        stores: dict[str, dict[int, Path]] = {}
        for path in self._paths():
            if match := _STORE.match(path.name):
                stores.setdefault(match["table"], {})[int(match["partition"])] = path
        return stores

    def _paths(self) -> list[Path]:
        try:
            return list(self._directory.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            raise click.ClickException(
                f"There is no directory {self._directory}; CRYPTOVIZ_DATA_DIR and CRYPTOVIZ_ID "
                "must be those of the worker."
            ) from None
        except OSError as error:
            raise click.ClickException(
                f"Directory {self._directory} cannot be read: {error.strerror}."
            ) from None

    def _read(self, paths: dict[int, Path]) -> Iterator[TableRow]:
        for partition, path in sorted(paths.items()):
            for key, value in _opened(path):
                yield TableRow(key=key.decode(), partition=partition, value=msgspec.Raw(value))


def _opened(path: Path) -> list[tuple[bytes, bytes]]:
    attempts = ATTEMPTS
    while True:
        attempts -= 1
        try:
            return _items(path)
        except Exception as error:  # rocksdict raises bare exceptions
            if not attempts:
                raise click.ClickException(f"{path} cannot be read: {error}.") from None


def _items(path: Path) -> list[tuple[bytes, bytes]]:
    options: Any = rocksdict.Options(raw_mode=True)
    options.create_if_missing(False)
    with TemporaryDirectory(prefix="cryptoviz-inspect-") as links:
        for file in path.resolve().iterdir():
            if file.name != _REWRITTEN:
                Path(links, file.name).symlink_to(file)
        store: Any = rocksdict.Rdict(links, options, access_type=rocksdict.AccessType.read_only())
        try:
            return [(key, value) for key, value in store.items() if not key.startswith(_FAUSTS_OWN)]
        finally:
            store.close()
