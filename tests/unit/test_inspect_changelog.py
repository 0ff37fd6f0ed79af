"""Changelog topics are those of one deployment, whatever else the same Kafka has."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from cryptoviz.inspection.changelog import Changelogs
from cryptoviz.inspection.outcome import No
from cryptoviz.inspection.selection import Selection
from cryptoviz.settings import load

TOPICS = {
    "cryptoviz-candles-changelog": b"BTC/USD|60",
    "cryptoviz-sentiment_skill-changelog": b"BTC|BTC/USD",
    "cryptoviz-staging-candles-changelog": b"ETH/USD|60",
    "cryptovizXcandles-changelog": b"ETH/USD|60",
    "cryptoviz-candles": b"ETH/USD|60",
    "other-cryptoviz-prices-changelog": b"ETH/USD|60",
}


class Kafka:
    """A reader of topics of one record each."""

    async def topics(self):
        return set(TOPICS)

    async def partitions(self, topic):
        return [0]

    async def compacted(self, topic):
        key = TOPICS[topic]
        return {key: SimpleNamespace(key=key, value=b"{}", partition=0)}


@pytest.fixture(autouse=True)
def _kafka(monkeypatch):
    @asynccontextmanager
    async def open_reader(_):
        yield Kafka()

    monkeypatch.setattr("cryptoviz.inspection.changelog.open_reader", open_reader)


@pytest.mark.parametrize(
    ("name", "tables"),
    [("cryptoviz", ["candles", "sentiment_skill"]), ("cryptoviz-staging", ["candles"]), ("x", [])],
)
async def test_tables_of_a_deployment_whose_name_goes_on_are_its_own(name, tables):
    changelogs = Changelogs(load({"CRYPTOVIZ_ID": name}))

    assert [state.table for state in await changelogs.tables()] == tables
    if tables:
        (row,) = await changelogs.rows("candles", Selection())
        assert row.key == TOPICS[f"{name}-candles-changelog"].decode()


async def test_a_table_that_there_is_not_is_a_no_that_names_the_others():
    with pytest.raises(
        No, match=r"no table 'prices' in topics .*; there are candles, sentiment_skill"
    ):
        await Changelogs(load({})).rows("prices", Selection())
