"""What the reading of every message depends on: the raw record, and the rules in the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from cryptoviz.pair import QUOTES
from cryptoviz.score import Scale

R = TypeVar("R")

# Reads (value, Kafka timestamp in ms) into a record, or raises RejectionError.
Reader = Callable[[bytes | None, int], R]


class RawRecord(Protocol):
    """What is read of a record as Kafka delivers it; a record of any of aiokafka's types is one."""

    @property
    def key(self) -> bytes | None:
        """The key's bytes; None if there is none."""

    @property
    def value(self) -> bytes | None:
        """The message's bytes; None for a tombstone."""

    @property
    def timestamp(self) -> int:
        """The Kafka timestamp in ms; -1 if there is none."""

    @property
    def timestamp_type(self) -> int:
        """0 if the producer set the timestamp, 1 if the broker did."""

    @property
    def offset(self) -> int:
        """The place in the partition."""


@dataclass(frozen=True)
class Rules:
    """How messages are understood where producers differ.

    *sentiment_scale* says what an article's score means (`cryptoviz.score`); *quotes*, in upper
    case, split a pair without a separator (`cryptoviz.pair`).
    """

    sentiment_scale: Scale = "unit"
    quotes: tuple[str, ...] = QUOTES
