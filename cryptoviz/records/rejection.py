"""Why a message is not a record: a stable code to count by, and a sentence to read."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Code(StrEnum):
    """The codes of rejected messages: part of the dead-letter topic's contract.

    | code          | the message                                                     |
    |---------------|-----------------------------------------------------------------|
    | empty_value   | has no value, or only white space                               |
    | not_json      | is not JSON                                                     |
    | not_an_object | is JSON, but no object                                          |
    | not_utf8      | has bytes that are no UTF-8 in a field that is read             |
    | too_deep      | nests arrays or objects too deeply to be read                   |
    | missing_field | lacks a field it must have, or has null there                   |
    | wrong_type    | has a field of another JSON type, or text that is no number     |
    | out_of_range  | has a number that is not finite, or beyond its bounds           |
    | bad_pair      | has a pair that cannot be split into BASE/QUOTE with certainty  |
    | bad_time      | has a time before 2009-01-03, in the future, or of unknown unit |
    | bad_side      | has a side that is neither buy nor sell                         |
    | bad_score     | has a sentiment that does not fit the scale in the settings     |
    """

    EMPTY_VALUE = "empty_value"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    NOT_UTF8 = "not_utf8"
    TOO_DEEP = "too_deep"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    BAD_PAIR = "bad_pair"
    BAD_TIME = "bad_time"
    BAD_SIDE = "bad_side"
    BAD_SCORE = "bad_score"


class Rejected(msgspec.Struct, gc=False):
    """A message of a batch that became no record.

    *index* is its position in the batch, *code* one of `Code`, *reason* a sentence that names the
    field and the value, printable and short enough for a Kafka header.
    """

    index: int
    code: str
    reason: str


class RejectionError(Exception):
    """One message cannot become a record; carries the code and the sentence."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def shown(value: bytes, limit: int = 80) -> str:
    """Return the start of *value* as printable text of about *limit* characters."""
    text = value[: 4 * limit].decode("utf-8", "backslashreplace")
    cut = text[:limit] + "…" if len(text) > limit else text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
