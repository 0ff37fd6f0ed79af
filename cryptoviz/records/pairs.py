"""Read the pair of a message."""

from __future__ import annotations

from collections.abc import Callable

from cryptoviz.pair import PairError
from cryptoviz.records.fields import Fields
from cryptoviz.records.rejection import Code, RejectionError


def needed_pair(fields: Fields, pair_of: Callable[[str], str]) -> str:
    """Return the field `pair` as BASE/QUOTE; raises `RejectionError` if that is not certain."""
    text = fields.text("pair")
    if text is None:
        raise fields.missing("pair")
    try:
        return pair_of(text)
    except PairError as error:
        raise RejectionError(Code.BAD_PAIR, str(error)) from None
