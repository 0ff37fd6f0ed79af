"""What the values of settings look like: lists separated by commas, hosts with ports, days."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator


def _hosts_with_ports(value: str) -> str:
    for server in value.split(","):
        # An IPv6 address is in brackets, of which only the last colon is outside.
        host, colon, port = server.strip().rpartition(":")
        named = host if colon and not port.endswith("]") else server.strip()
        if not named or (named == host and not port.isdecimal()):
            raise ValueError("must be host:port, comma separated")
    return value


def _names(value: object) -> object:
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


def _symbols(value: object) -> object:
    return _names(value.upper()) if isinstance(value, str) else value


def _numbers(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


def _whole_minutes(value: tuple[int, ...]) -> tuple[int, ...]:
    sizes = tuple(sorted(set(value)))
    if sizes[:1] != (60,) or any(size % 60 for size in sizes):
        raise ValueError("must be multiples of 60 seconds, and 60 must be among them")
    return sizes


def _positive(value: int | str) -> int | str:
    if isinstance(value, int) and value < 1:
        raise ValueError("must be at least 1 day, or off")
    return value


Servers = Annotated[str, AfterValidator(_hosts_with_ports)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
# Names in capitals.
Symbols = Annotated[tuple[str, ...], BeforeValidator(_symbols)]
Numbers = Annotated[tuple[int, ...], BeforeValidator(_numbers)]
CandleSizes = Annotated[Numbers, AfterValidator(_whole_minutes)]
Days = Annotated[int | Literal["off"], AfterValidator(_positive)]
