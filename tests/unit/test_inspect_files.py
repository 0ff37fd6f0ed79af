"""The files of a worker are looked at and nothing else, whoever looks."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from click import ClickException

from cryptoviz.inspection.rocksdb_files import Files
from cryptoviz.inspection.selection import Selection
from cryptoviz.settings import load
from tests.stores import a_store

NOBODY = 65534


@pytest.fixture
def data():
    """A data directory that everybody may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory


@contextmanager
def an_ordinary_user():
    """Be one: root may do what nobody else may."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def files_of(data):
    return Files(load({"CRYPTOVIZ_DATA_DIR": str(data)}))


def state(directory):
    """Return of each file and directory when it last changed, and its size."""
    found = [directory, *directory.rglob("*")]
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in found}


ROWS = {"BTC/USD|60": b'{"close":1.5}', "BTC/USD|120": b'{"close":2.5}'}


async def test_looking_changes_no_file(data):
    a_store(data, ROWS)
    before = state(data)

    rows = await files_of(data).rows("candles", Selection())

    assert {row.key: bytes(row.value) for row in rows} == ROWS
    assert state(data) == before


async def test_whoever_may_read_the_files_need_not_be_allowed_to_write_them(data):
    store = a_store(data, ROWS)
    # Looking must not bring back what was never there, either.
    (store / "rocksdict-config.json").unlink()
    for path in store.iterdir():
        path.chmod(0o444)
    store.chmod(0o555)
    before = state(data)

    with an_ordinary_user():
        rows = await files_of(data).rows("candles", Selection())

    assert {row.key: bytes(row.value) for row in rows} == ROWS
    assert state(data) == before


@pytest.mark.parametrize(
    ("closed", "mode"),
    [
        ("cryptoviz", 0o000),
        ("cryptoviz", 0o444),
        ("cryptoviz/v1/tables", 0o000),
        ("cryptoviz/v1/tables", 0o444),
        ("cryptoviz/v1/tables", 0o111),
    ],
)
async def test_a_directory_that_may_not_be_read_is_a_sentence(data, closed, mode):
    a_store(data, ROWS)
    directory = data / closed
    before = directory.stat().st_mode
    directory.chmod(mode)
    try:
        with an_ordinary_user(), pytest.raises(ClickException) as told:
            await files_of(data).rows("candles", Selection())
    finally:
        directory.chmod(before)
    assert str(data) in told.value.message
