"""Batches of results: what is expired is left out, and one bad record spoils no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from cryptoviz.batch import Batch, RawBatch
from cryptoviz.records import Decoded
from cryptoviz.result_ingest import ResultIngest
from cryptoviz.timescale.copying import Refused
from cryptoviz.timescale.pool import Pool
from cryptoviz.timescale.refresh import AggregateRefresher
from cryptoviz.timescale.results import SENTIMENT
from tests.timescale.test_results import a_window

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def refused() -> list[Refused]:
    """What was sent to the dead letters."""
    return []


@pytest.fixture
def ingest(pool: Pool, refused: list[Refused]) -> ResultIngest[Any]:
    async def dead_letter(batch: Batch[Any], one: Refused) -> None:
        refused.append(one)

    async def migrated() -> Pool:
        return pool

    return ResultIngest(
        SENTIMENT,
        lambda row: [row],
        SimpleNamespace(migrated=migrated),  # type: ignore[arg-type]
        AggregateRefresher(retention_days=90),
        dead_letter,
        retention_days=90,
    )


def a_batch(*rows: Any) -> Batch[Any]:
    raw: list[Any] = [SimpleNamespace(offset=10 + index) for index in range(len(rows))]
    return Batch("t", 0, RawBatch(TP("t", 0), raw), Decoded(list(rows), None, []))


async def test_a_record_that_the_database_refuses_is_put_aside_and_the_others_land(
    ingest: ResultIngest[Any], pool: Pool, refused: list[Refused]
) -> None:
    names = ["A", "B", "C\x00", "D", "E"]

    await ingest.write(a_batch(*(a_window(timestamp=NOW, crypto_symbol=name) for name in names)))

    rows = await pool.fetch("SELECT crypto_symbol FROM sentiment_data ORDER BY crypto_symbol")
    assert [row["crypto_symbol"] for row in rows] == ["A", "B", "D", "E"]
    assert [one.offset for one in refused] == [12]
    assert "0x00" in refused[0].error
    assert ingest.counts == {"written": 4, "expired": 0, "refused": 1}


async def test_what_retention_would_delete_is_counted_and_not_written(
    ingest: ResultIngest[Any], pool: Pool
) -> None:
    old = a_window(timestamp=NOW - timedelta(days=91), crypto_symbol="OLD")

    await ingest.write(a_batch(old, a_window(timestamp=NOW)))

    assert await pool.fetchval("SELECT count(*) FROM sentiment_data") == 1
    assert ingest.counts == {"written": 1, "expired": 1}


async def test_a_mistake_of_ours_is_no_dead_letter(
    ingest: ResultIngest[Any], refused: list[Refused]
) -> None:
    with pytest.raises(TypeError):
        await ingest.write(a_batch(7))

    assert refused == []
