"""Tables as their compacted changelog topics have them: what any other service sees."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable

import msgspec
from aiokafka.structs import ConsumerRecord

from cryptoviz.inspection.place import Changes, no_table
from cryptoviz.inspection.selection import Selection
from cryptoviz.inspection.summary import state_of
from cryptoviz.inspection.table_name import resolved
from cryptoviz.inspection.topic_reader import TopicReader, open_reader
from cryptoviz.inspection.view import TableRow, TableState
from cryptoviz.settings import Settings

SUFFIX = "-changelog"
# No table has a hyphen in its name; the id of another deployment may begin like this one and have.
TABLE = r"(?P<table>[^-]+)"


class Changelogs:
    """The changelog topics of one deployment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._prefix = f"{settings.cryptoviz_id}-"

    @property
    def sentence(self) -> str:
        """Says which Kafka."""
        servers = self._settings.kafka_bootstrap_servers
        return f"From the changelog topics {self._prefix}*{SUFFIX} at {servers}."

    async def tables(self) -> list[TableState]:
        """Return all tables that have a changelog."""
        states = []
        async with open_reader(self._settings) as reader:
            for table, topic in sorted((await self._topics(reader)).items()):
                rows = _rows((await reader.compacted(topic)).values())
                partitions = await reader.partitions(topic)
                states.append(state_of(table, topic, rows, partitions, self._settings))
        return states

    async def rows(self, table: str, _: Selection) -> list[TableRow]:
        """Return what compaction would leave of the changelog of *table*."""
        async with open_reader(self._settings) as reader:
            topic = await self._topic(reader, table)
            return _rows((await reader.compacted(topic)).values())

    async def changes(self, table: str, _: Selection) -> AsyncIterator[Changes]:
        """Yield all rows of *table*, then each record of its changelog."""
        async with open_reader(self._settings) as reader:
            topic = await self._topic(reader, table)
            ends = await reader.ends(topic)
            yield {row.key: row for row in _rows((await reader.compacted(topic)).values())}
            async for records in reader.follow(topic, ends):
                yield {
                    record.key.decode(): None if record.value is None else _row(record)
                    for record in records
                }

    async def _topic(self, reader: TopicReader, table: str) -> str:
        topics = await self._topics(reader)
        name = resolved(table, topics, self._settings)
        if name is None:
            raise no_table(table, list(topics), f"in topics {self._prefix}*{SUFFIX}")
        return topics[name]

    async def _topics(self, reader: TopicReader) -> dict[str, str]:
        changelog = re.compile(re.escape(self._prefix) + TABLE + re.escape(SUFFIX))
        found = map(changelog.fullmatch, await reader.topics())
        return {match["table"]: match[0] for match in found if match}


def _rows(records: Iterable[ConsumerRecord]) -> list[TableRow]:
    return [_row(record) for record in records]


def _row(record: ConsumerRecord) -> TableRow:
    return TableRow(
        key=record.key.decode(), partition=record.partition, value=msgspec.Raw(record.value)
    )
