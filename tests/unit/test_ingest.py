"""When the sink reads a partition again, whatever happens while it waits for the database."""

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.structs import ConsumerRecord
from faust.types import TP

from cryptoviz import ingest
from cryptoviz.batch import Batch, RawBatch
from cryptoviz.records import Decoded
from cryptoviz.settings import load
from cryptoviz.timescale.sink import TICKERS

SOURCE = TP("rawticker", 0)


class Database:
    """A database that stands at 3, as soon as it answers."""

    def __init__(self):
        self.answers = asyncio.Event()

    async def migrated(self):
        await self.answers.wait()


class Consumer:
    def __init__(self):
        self.rewinds = []

    def rewind(self, tp, offset):
        self.rewinds.append((tp, offset))

    def committed(self, tp):
        return 7


@pytest.fixture
def database(monkeypatch):
    async def next_offset(pool, topic, partition):
        return 3

    monkeypatch.setattr(ingest, "next_offset", next_offset)
    return Database()


@pytest.fixture
def consumer():
    return Consumer()


@pytest.fixture
def tickers(database, consumer):
    return ingest.Ingest(
        TICKERS, database, SimpleNamespace(), load({}), lambda: consumer, dead_letter=None
    )


def a_batch(position):
    record = ConsumerRecord(*SOURCE, position, 1_500, 0, b"k", b"v", None, 1, 1, ())
    return Batch(*SOURCE, RawBatch(SOURCE, [record]), Decoded([], None, []))


async def test_a_batch_behind_a_gap_has_the_gap_read_and_is_not_written(
    tickers, database, consumer
):
    database.answers.set()

    assert not await tickers.write(a_batch(7))
    assert consumer.rewinds == [(SOURCE, 3)]


async def test_a_gap_is_read_though_partitions_moved_while_the_database_was_asked(
    tickers, database, consumer
):
    before = a_batch(7)
    writing = asyncio.create_task(tickers.write(before))
    await asyncio.sleep(0)
    # A rebalance: what was handed over is read again, and so what is asked for now is forgotten.
    tickers.forget()
    before.raw.dropped = True
    database.answers.set()
    assert not await writing
    assert consumer.rewinds == []

    assert not await tickers.write(a_batch(7))
    assert consumer.rewinds == [(SOURCE, 3)]


async def test_a_gap_without_a_further_record_is_found_too(tickers, database, consumer):
    database.answers.set()

    await tickers.check(SOURCE)

    assert consumer.rewinds == [(SOURCE, 3)]
