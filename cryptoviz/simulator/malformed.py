"""Every way in which a simulated message can be malformed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import orjson

from cryptoviz.simulator.message import TopicKind

Fields = dict[str, Any]
Break = Callable[[Fields], object]

FAR_FUTURE_S = 7_258_118_400  # the year 2200
BEFORE_BITCOIN_S = 1_000_000_000  # 2001, and Bitcoin began in 2009


def _with(field: str, wrong: object) -> Break:
    """Return a function that puts *wrong* into *field*."""
    return lambda fields: {**fields, field: wrong}


def _without(field: str) -> Break:
    return lambda fields: {name: value for name, value in fields.items() if name != field}


def _score(wrong: object) -> Break:
    return lambda fields: {**fields, "sentiment": {"score": wrong, "label": "positive"}}


# Broken whatever the topic: the bytes are no JSON object.
BROKEN_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "truncated": lambda value: value[: len(value) // 2],
    "not JSON": lambda _: b"<html><body>502 Bad Gateway</body></html>",
    "not UTF-8": lambda value: value[:-2] + b"\xff\xfe}",
    "two objects": lambda value: value + b"," + value,
    "an array": lambda value: b"[" + value + b"]",
    "a string": lambda _: b'"pair"',
    "null": lambda _: b"null",
}

_PAIR_AND_TIME: dict[str, Break] = {
    "no pair": _without("pair"),
    "bad pair": _with("pair", "not a pair!"),
    "pair is a number": _with("pair", 42),
    "no timestamp": _without("timestamp"),
    "timestamp is a word": _with("timestamp", "yesterday"),
    "timestamp in the future": _with("timestamp", FAR_FUTURE_S),
    "timestamp before Bitcoin": _with("timestamp", BEFORE_BITCOIN_S),
}


def _number(field: str) -> dict[str, Break]:
    return {
        f"no {field}": _without(field),
        f"{field} is null": _with(field, None),
        f"{field} is a word": _with(field, "a lot"),
        f"{field} is an object": _with(field, {"amount": 1}),
        f"{field} is NaN": _with(field, float("nan")),
        f"{field} is infinite": _with(field, float("inf")),
    }


# Broken in one field of a topic's object.
BROKEN_FIELDS: dict[TopicKind, dict[str, Break]] = {
    "ticker": {
        **_PAIR_AND_TIME,
        **_number("last"),
        "last is 0": _with("last", 0),
        "last is negative": _with("last", -1.0),
        "volume is negative": _with("volume_24h", -1.0),
    },
    "trade": {
        **_PAIR_AND_TIME,
        **_number("price"),
        **_number("volume"),
        "price is negative": _with("price", -1.0),
        # The side must be there: without one a negative volume means a sale.
        "volume is negative": _with("volume", -1.0),
    },
    "alert": {**_PAIR_AND_TIME, **_number("last"), **_number("change")},
    "article": {
        "score above 1": _score(2.5),
        "score is a word": _score("high"),
        "score is NaN": _score(float("nan")),
        "sentiment is a word": _with("sentiment", "positive"),
        "mentions are a number": _with("cryptocurrencies_mentioned", 3),
    },
}


def malform(kind: TopicKind, value: bytes, stream: random.Random) -> bytes:
    """Return *value*, a good message of *kind*, broken in a way drawn from *stream*."""
    names = [*BROKEN_BYTES, *BROKEN_FIELDS[kind]]
    return malform_as(kind, value, stream.choice(names))


def malform_as(kind: TopicKind, value: bytes, name: str) -> bytes:
    """Return *value* broken in the way called *name*. Raises `KeyError` for an unknown name."""
    if name in BROKEN_BYTES:
        return BROKEN_BYTES[name](value)
    fields = BROKEN_FIELDS[kind][name](orjson.loads(value))
    # The standard library writes NaN and Infinity as careless producers do; orjson writes null.
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
