"""Sends dead letters back to where they came from, each once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import click
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from cryptoviz.inspection.dead_letter import (
    FOLDED,
    MARK_KEY,
    Letter,
    Origin,
    mark,
    marked,
    retry_header,
)
from cryptoviz.inspection.topic_reader import TopicReader, open_reader
from cryptoviz.kafka import LARGEST_MESSAGE, client_options, why_unreachable
from cryptoviz.settings import Settings


class Sorted(NamedTuple):
    """Letters by whether they are *due* to be sent back, and if not, why not.

    A letter sent *before* would be counted twice, and so would one that is *folded*: only the
    database refused it. A letter of a *foreign* topic is none of ours.
    """

    due: list[Letter]
    before: list[Letter]
    folded: list[Letter]
    foreign: list[Letter]


def sources(settings: Settings) -> frozenset[str]:
    """Return the topics that letters come from."""
    return frozenset(
        {
            settings.topic_rawticker,
            settings.topic_rawtrade,
            settings.topic_rawarticle,
            settings.topic_rawalert,
        }
    )


def sorted_out(found: Iterable[Letter], topics: Collection[str]) -> Sorted:
    """Return the letters *found* by what is to become of them; *topics* are our sources."""
    groups = Sorted([], [], [], [])
    for letter in found:
        if letter.topic not in topics:
            groups.foreign.append(letter)
        elif letter.code in FOLDED:
            groups.folded.append(letter)
        elif letter.retried_ms is not None:
            groups.before.append(letter)
        else:
            groups.due.append(letter)
    return groups


class Marks:
    """The marks that the dead-letter topic gets after the offsets *ends*, first come first."""

    def __init__(self, reader: TopicReader, topic: str, ends: Mapping[int, int]) -> None:
        self._reader, self._topic, self._read = reader, topic, dict(ends)
        self._first: dict[Origin, str] = {}

    async def first(self, letter: Letter, partition: int, until: int) -> str:
        """Return which command was the first to mark *letter* below the offset *until*."""
        since = {partition: self._read[partition]}
        async for records in self._reader.records(self._topic, since, {partition: until}):
            for found in filter(None, map(marked, records)):
                self._first.setdefault(*found)
        self._read[partition] = max(until, self._read[partition])
        return self._first[letter.origin]


async def retry(
    settings: Settings,
    due: Sequence[Letter],
    ends: Mapping[int, int],
    now_ms: Callable[[], int],
) -> int:
    """Send the *due* letters back and mark them; return how many were sent.

    *ends* are the offsets up to which the dead-letter topic was read to find them. The mark comes
    first, and only the first of a letter counts, so of two commands at the same time one sends.
    A command that dies in between leaves a message that was not sent, which the letter still
    holds; the other way round, a message could be counted twice.
    """
    producer = AIOKafkaProducer(
        acks="all",
        enable_idempotence=True,
        max_request_size=LARGEST_MESSAGE,
        **client_options(settings),
    )
    topic, by, sent = f"{settings.cryptoviz_id}-rejected", uuid.uuid4().hex, 0
    try:
        try:
            await producer.start()
        except KafkaError:
            raise click.ClickException(await why_unreachable(settings)) from None
        async with open_reader(settings) as reader:
            marks = Marks(reader, topic, ends)
            for letter in due:
                partition = int(letter.place.partition(":")[0])
                headers = mark(letter, now_ms(), by)
                made = await producer.send_and_wait(
                    topic, key=MARK_KEY, headers=headers, partition=partition
                )
                if await marks.first(letter, partition, made.offset + 1) == by:
                    await _send(producer, letter)
                    sent += 1
        return sent
    except KafkaError as error:
        raise click.ClickException(f"Kafka did not take a message: {error!r}.") from None
    finally:
        await producer.stop()


async def _send(producer: AIOKafkaProducer, letter: Letter) -> None:
    await producer.send_and_wait(
        letter.topic,
        # aiokafka sends no record without key and value; both are rejected alike.
        letter.value if letter.key is not None else letter.value or b"",
        key=letter.key,
        partition=letter.partition,
        # An article may have no other time than that of its arrival.
        timestamp_ms=letter.rejected_ms,
        headers=retry_header(letter),
    )
