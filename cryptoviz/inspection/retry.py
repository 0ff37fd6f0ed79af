"""Sends dead letters back to where they came from, each once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

import click
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from cryptoviz.inspection.dead_letter import FOLDED, MARK_KEY, Letter, mark, retry_header
from cryptoviz.kafka import client_options, why_unreachable
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


async def retry(settings: Settings, due: Sequence[Letter], now_ms: Callable[[], int]) -> int:
    """Send the *due* letters back and mark them; return how many.

    The mark comes first. A command that dies in between leaves a message that was not sent,
    which the letter still holds; the other way round, a message could be counted twice.
    """
    producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **client_options(settings))
    marks = f"{settings.cryptoviz_id}-rejected"
    try:
        try:
            await producer.start()
        except KafkaError:
            raise click.ClickException(await why_unreachable(settings)) from None
        for letter in due:
            partition = int(letter.place.partition(":")[0])
            await producer.send_and_wait(
                marks, key=MARK_KEY, headers=mark(letter, now_ms()), partition=partition
            )
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
        return len(due)
    except KafkaError as error:
        raise click.ClickException(f"Kafka did not take a message: {error!r}.") from None
    finally:
        await producer.stop()
