"""Reads one message as a batch of one, the way of any message."""

from dataclasses import dataclass

from cryptoviz.records import Code, declared, decoder_for
from cryptoviz.records.rejection import RejectionError


@dataclass
class Raw:
    """A record as Kafka delivers it, as far as decoders look at it."""

    value: bytes | None
    timestamp: int = 1_764_310_291_000
    offset: int = 0


def read_one(kind, value, kafka_timestamp_ms, rules):
    """Return the record of a message; raises `RejectionError` where there is none."""
    decoded = decoder_for(kind, rules)([Raw(value, kafka_timestamp_ms)])
    for rejected in decoded.rejected:
        raise RejectionError(Code(rejected.code), rejected.reason)
    (record,) = decoded.records
    # Plainly read ones are of a subclass, and equal no object of the class itself.
    return declared(record)
