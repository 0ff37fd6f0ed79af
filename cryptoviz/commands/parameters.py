"""What options take, as click parameter types, most of them those of `cryptoviz simulate`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cryptoviz.simulator import Share, Silence
from cryptoviz.simulator.catalog import split_pair
from cryptoviz.simulator.durations import duration_s, fraction
from cryptoviz.simulator.faults import DISORDER_S, LATE_S, SILENCE_AFTER_S, SILENCE_S


class Parsed(click.ParamType):
    """A parameter that *parse* reads; its `ValueError` becomes click's usage error."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return *value* parsed, or as it is if it is no longer text."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _utf8(text: str) -> str:
    # Bytes of the command line that are no UTF-8 come as lone surrogates, which nothing encodes.
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"text must be UTF-8, was {text!r}") from None
    return text


def _share(default_s: float) -> Callable[[str], Share]:
    def parse(text: str) -> Share:
        head, _, tail = text.partition(":")
        return Share(fraction(head), duration_s(tail) if tail else default_s)

    return parse


def _silence(text: str) -> Silence:
    pair, _, times = text.upper().partition(":")
    for_text, _, after_text = times.lower().partition(":")
    split_pair(pair)
    return Silence(
        pair,
        duration_s(for_text) if for_text else SILENCE_S,
        duration_s(after_text) if after_text else SILENCE_AFTER_S,
    )


def _pairs(text: str) -> tuple[str, ...]:
    pairs = tuple(word.strip().upper() for word in text.split(",") if word.strip())
    for pair in pairs:
        split_pair(pair)
    return pairs


TEXT = Parsed("text", _utf8)
FRACTION = Parsed("fraction", fraction)
DURATION = Parsed("duration", duration_s)
LATE = Parsed("fraction[:seconds]", _share(LATE_S))
DISORDER = Parsed("fraction[:seconds]", _share(DISORDER_S))
SILENCE = Parsed("pair[:seconds[:after]]", _silence)
PAIRS = Parsed("pairs", _pairs)
