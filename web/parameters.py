"""Parses requests by the declared types of a handler's parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from faust.types.web import Request
from msgspec.structs import fields

from web.answers import JSON, Refusal, bad_parameter

_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<name>[^`]*)`)?$", re.DOTALL)
_EXPECTED = re.compile(r"^Expected (?P<kind>.*?)(?:, got .*)?$")
_FIELD = re.compile(r"^Object (?P<how>missing required|contains unknown) field `(?P<name>[^`]*)`")
# A part of where in a body something is: a name, or a place in a list.
_STEP = re.compile(r"[^.\[\]]+")
_MOST_SHOWN = 100
MOST_BODY_BYTES = 64 * 1024


def parsed(declared: type[Any], given: Mapping[str, str]) -> Any:
    """Return *given* as *declared*, a struct; raises `Refusal` naming parameter and value."""
    try:
        return msgspec.convert(dict(given), declared, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(error, declared, given) from None


async def body_of(declared: type[Any], request: Request) -> Any:
    """Return the JSON body of *request* as *declared*, a struct."""
    headers: Any = request.headers
    kind = headers.get("Content-Type", JSON).partition(";")[0].strip().lower()
    # Browsers ask before they send this kind to another site, which they do not for all others.
    if kind != JSON:
        raise Refusal(415, f"The body must be {JSON}, was {shown(kind)}.")
    content = await _read(request)
    try:
        return msgspec.json.decode(content, type=declared)
    except msgspec.ValidationError as error:
        raise _body_refusal(error, declared, content) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, f"The body must be JSON: {error}.") from None
    except RecursionError:
        raise Refusal(400, "The body must not be nested so deeply.") from None


async def _read(request: Request) -> bytes:
    content: Any = request.content  # type: ignore[attr-defined]
    body = b""
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise Refusal(413, f"The body must not exceed {MOST_BODY_BYTES} bytes.")
    return body


def _body_refusal(error: msgspec.ValidationError, declared: type[Any], content: bytes) -> Refusal:
    """Return what is said of a body, with the field that is wrong, if one is, and its value."""
    found = _WHERE.match(str(error))
    assert found is not None
    what, name = found["what"], found["name"]
    if not name and (quoted := _FIELD.match(what)):
        # Such as "Object contains unknown field `more`".
        name, what = quoted["name"], quoted["how"]
    value = _value_at(content, name) if name else None
    if not name:
        detail = what
    elif what == "missing required":
        detail = f"{name} is missing"
    elif what == "contains unknown":
        detail = f"there is no field {name}"
    else:
        detail = f"{name} must be {_choices(declared, name) or _kind(what)}"
    if value is not None:
        detail += f", was {shown(value)}"
        value = cut(value)
    return Refusal(400, f"The body does not fit: {detail}.", parameter=name or None, value=value)


def _value_at(content: bytes, path: str) -> str | None:
    """Return the value at *path*, such as `indicators[1]`, in a body: a text, or JSON.

    None if there is none, or the body cannot be read to its end.
    """
    try:
        value: Any = msgspec.json.decode(content)
        for step in _STEP.findall(path):
            value = value[int(step) if isinstance(value, list) else step]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, ValueError):
        return None
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _refusal(
    error: msgspec.ValidationError, declared: type[Any], given: Mapping[str, str]
) -> Refusal:
    found = _WHERE.match(str(error))
    assert found is not None
    name = found["name"]
    if not name:
        # Such as "Object missing required field `symbol`".
        missing = re.search(r"`([^`]*)`", found["what"])
        name = missing[1] if missing else ""
        return Refusal(400, f"{name} must be given.", parameter=name or None)
    value = given.get(name, "")
    kind = _choices(declared, name) or _kind(found["what"])
    return bad_parameter(name, value, f"{name} must be {kind}, was {shown(value)}")


def _choices(declared: type[Any], name: str) -> str | None:
    """Return what a parameter that is one of some words can be, None for any other."""
    spelled = {each.encode_name: each.name for each in fields(declared)}
    hint = get_type_hints(declared).get(spelled.get(name, name))
    options = [each for each in (hint, *get_args(hint)) if get_origin(each) is Literal]
    return f"one of {', '.join(get_args(options[0]))}" if options else None


def _kind(what: str) -> str:
    if found := _EXPECTED.match(what):
        return found["kind"].replace("`", "").replace("int", "a whole number")
    return what[:1].lower() + what[1:].replace("`", "")


def shown(text: str) -> str:
    """Return *text* for an error: quoted, and not endless."""
    return repr(cut(text))


def cut(text: str) -> str:
    """Return *text*, or the beginning of a long one."""
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
