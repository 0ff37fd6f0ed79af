"""Read a JSON object one field at a time, leniently, so that an error can name field and value.

This is the careful way to read a message; the plain way is a typed msgspec decoder. Both use the
same parser and skip the same unknown fields, so what the plain way accepts reads the same here.
"""

from __future__ import annotations

import math
import re
from typing import Final, Literal

import msgspec

from cryptoviz import event_time
from cryptoviz.records.rejection import Code, RejectionError, shown

Bound = Literal["", "above 0", "of at least 0"]
# No market has such prices or sizes, and within these products, squares and ratios stay finite.
LARGEST, SMALLEST = 1e30, 1e-30

_QUOTE: Final = ord('"')
_ABSENT: Final = msgspec.Raw(b"")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
# Python's json and others write these words, although JSON has no such numbers.
_BARE_NOT_FINITE = re.compile(rb'"(\w{1,64})"\s*:\s*(-?(?:NaN|Infinity))\b')

_as_float = msgspec.json.Decoder(float).decode
_as_text = msgspec.json.Decoder(str).decode
_as_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Shape:
    """The names of the fields that are read from one JSON object; all others are skipped."""

    def __init__(self, *names: str) -> None:
        struct = msgspec.defstruct("Shape", [(name, msgspec.Raw, _ABSENT) for name in names])
        self._decode = msgspec.json.Decoder(struct).decode

    def fields(self, value: bytes | None, path: str = "") -> Fields:
        """Split *value*; *path* stands before field names in errors. Raises `RejectionError`."""
        if value is None or not value.strip():
            raise RejectionError(Code.EMPTY_VALUE, "the value must be a JSON object, was empty")
        try:
            return Fields(self._decode(value), path)
        except msgspec.ValidationError:
            where = path.rstrip(".") or "the value"
            code = Code.WRONG_TYPE if path else Code.NOT_AN_OBJECT
            raise RejectionError(
                code, f"{where} must be a JSON object, was {shown(value)}"
            ) from None
        except msgspec.DecodeError as error:
            raise _not_json(value, error) from None
        except RecursionError:
            raise RejectionError(
                Code.TOO_DEEP, f"the value must not be nested so deeply, was {shown(value)}"
            ) from None


class Fields:
    """The fields of one JSON object. Every method raises `RejectionError` for a bad one.

    A field that is missing or null is None.
    """

    __slots__ = ("_path", "_raws")

    def __init__(self, raws: msgspec.Struct, path: str) -> None:
        self._raws = raws
        self._path = path

    def given(self, name: str) -> bool:
        """Return whether a field is there and neither null nor the text "null"."""
        raw = self._raw(name)
        return raw is not None and not (raw[0] == _QUOTE and _is_null(self.text(name)))

    def number(self, name: str, bound: Bound = "") -> float | None:
        """Return a number within *bound*, at most `LARGEST`, sent as a number or as its text.

        Above 0 means at least `SMALLEST`.

        The text "null" is None: producers that quote their numbers quote that too.
        """
        raw = self._raw(name)
        number = None if raw is None else self._parsed(name, raw)
        if number is None:
            return None
        if (
            not math.isfinite(number)
            or (bound == "above 0" and number <= 0.0)
            or (bound == "of at least 0" and number < 0.0)
        ):
            what = f"a finite number {bound}".rstrip()
            raise self.rejection(Code.OUT_OF_RANGE, name, f"be {what}")
        if abs(number) > LARGEST or (bound == "above 0" and number < SMALLEST):
            what = f"at most {LARGEST:g}" if abs(number) > LARGEST else f"at least {SMALLEST:g}"
            raise self.rejection(Code.OUT_OF_RANGE, name, f"be {what} in magnitude")
        return number + 0.0  # -0.0 becomes 0.0

    def needed_number(self, name: str, bound: Bound = "") -> float:
        """Return what `number` does; a missing one is rejected."""
        number = self.number(name, bound)
        if number is None:
            raise self.missing(name)
        return number

    def text(self, name: str) -> str | None:
        """Return a text, None if it is blank.

        NUL characters are left out: PostgreSQL cannot hold them.
        """
        raw = self._raw(name)
        if raw is None:
            return None
        text = self._decoded_text(name, raw).replace("\0", "")
        return text if text and not text.isspace() else None

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, empty if it is missing."""
        raw = self._raw(name)
        if raw is None:
            return []
        if not raw.startswith(b"["):
            raise self.rejection(Code.WRONG_TYPE, name, "be a list of texts")
        try:
            elements = _as_raw_list(raw)
        except RecursionError:  # the limit counts Python's frames too, and here are other ones
            raise self.rejection(Code.TOO_DEEP, name, "not be nested so deeply") from None
        return [self._decoded_text(name, bytes(element)) for element in elements]

    def time_s(self, name: str, kafka_timestamp_ms: int) -> float | None:
        """Return a believable Unix time in seconds, sent in s, ms, µs or ns."""
        number = self.number(name)
        if number is None:
            return None
        try:
            return event_time.believed(number, kafka_timestamp_ms)
        except event_time.TimeError as error:
            raise self.rejection(Code.BAD_TIME, name, str(error)) from None

    def needed_time_s(self, name: str, kafka_timestamp_ms: int) -> float:
        """Return what `time_s` does; a missing one is rejected."""
        time_s = self.time_s(name, kafka_timestamp_ms)
        if time_s is None:
            raise self.missing(name)
        return time_s

    def inner(self, name: str, shape: Shape) -> Fields:
        """Return the fields of an object in a field; a missing object has none of them."""
        return shape.fields(self._raw(name) or b"{}", path=f"{self._path}{name}.")

    def missing(self, name: str) -> RejectionError:
        """Return the rejection for a field that must be there."""
        return self.rejection(Code.MISSING_FIELD, name, "be there")

    def rejection(self, code: Code, name: str, must: str) -> RejectionError:
        """Return a rejection whose sentence names the field, what it must, and its value."""
        raw = bytes(getattr(self._raws, name))
        was = shown(raw) if raw else "missing"
        return RejectionError(code, f"{self._path}{name} must {must}, was {was}")

    def _raw(self, name: str) -> bytes | None:
        raw = bytes(getattr(self._raws, name))
        return None if raw in (b"", b"null") else raw

    def _parsed(self, name: str, raw: bytes) -> float | None:
        if raw[0] in b"-0123456789":
            try:
                return _as_float(raw)
            except msgspec.ValidationError:  # beyond the largest double
                return math.inf
        text = self._decoded_text(name, raw, must="be a number").strip()
        if _is_null(text):
            return None
        if _NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text):
            return float(text)
        raise self.rejection(Code.WRONG_TYPE, name, "be a number")

    def _decoded_text(self, name: str, raw: bytes, must: str = "hold text") -> str:
        try:
            return _as_text(raw)
        except UnicodeDecodeError:
            raise self.rejection(Code.NOT_UTF8, name, "be UTF-8") from None
        except msgspec.ValidationError:
            raise self.rejection(Code.WRONG_TYPE, name, must) from None


def _is_null(text: str | None) -> bool:
    return text is not None and text.lower() == "null"


def _not_json(value: bytes, error: msgspec.DecodeError) -> RejectionError:
    found = _BARE_NOT_FINITE.search(value)
    if found:
        name, word = (group.decode("ascii", "replace") for group in found.groups())
        return RejectionError(Code.OUT_OF_RANGE, f"{name} must be a finite number, was {word}")
    problem = str(error).removeprefix("JSON is malformed: ")
    return RejectionError(Code.NOT_JSON, f"the value must be JSON, was {shown(value)}: {problem}")
