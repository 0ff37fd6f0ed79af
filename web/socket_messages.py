"""What clients say over `/ws/`, and what they are told: the types behind AsyncAPI."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

RequestId = int | Annotated[str, Meta(max_length=100)] | None
Channels = Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(min_length=1, max_length=200)]


class Subscribe(msgspec.Struct, tag_field="op", tag="subscribe", kw_only=True):
    """Ask for channels: behind *cursor* if one is given, else from a snapshot of now on."""

    req_id: RequestId = None
    channels: Channels
    cursor: str | None = None


class Unsubscribe(msgspec.Struct, tag_field="op", tag="unsubscribe", kw_only=True):
    """Give channels back."""

    req_id: RequestId = None
    channels: Channels


class Ping(msgspec.Struct, tag_field="op", tag="ping", kw_only=True):
    """Ask for a pong."""

    req_id: RequestId = None


Request = Subscribe | Unsubscribe | Ping


class Update(msgspec.Struct, kw_only=True):
    """One message of a channel. Partition and offset are its record's, absent in snapshots."""

    channel: str
    partition: int | msgspec.UnsetType = msgspec.UNSET
    offset: int | msgspec.UnsetType = msgspec.UNSET
    data: dict[str, Any]


class Subscribed(msgspec.Struct, tag_field="type", tag="subscribed", kw_only=True):
    """The channels are being served."""

    req_id: RequestId
    channels: list[str]


class Unsubscribed(msgspec.Struct, tag_field="type", tag="unsubscribed", kw_only=True):
    """The channels are not served any more."""

    req_id: RequestId
    channels: list[str]


class Snapshot(msgspec.Struct, tag_field="type", tag="snapshot", kw_only=True):
    """What is there now; updates behind *cursor* follow."""

    req_id: RequestId
    cursor: str
    data: list[Update]


class Updates(msgspec.Struct, tag_field="type", tag="updates", kw_only=True):
    """Messages of one flush. *seq* counts these from 1 on a connection, without gaps."""

    seq: int
    cursor: str
    updates: list[Update]


class Heartbeat(msgspec.Struct, tag_field="type", tag="heartbeat", kw_only=True):
    """The connection is alive; *seq* is that of the last updates."""

    seq: int
    cursor: str | None


class Gap(msgspec.Struct, tag_field="type", tag="gap", kw_only=True):
    """Offsets [first, next) of a partition are gone for good; *next* null: nobody knows."""

    feed: str
    partition: int
    first: int
    next: int | None


class Pong(msgspec.Struct, tag_field="type", tag="pong", kw_only=True):
    """The answer to a ping."""

    req_id: RequestId


class Failed(msgspec.Struct, tag_field="type", tag="error", kw_only=True):
    """A request was refused."""

    req_id: RequestId
    status: int
    detail: str


Told = Subscribed | Unsubscribed | Snapshot | Updates | Heartbeat | Gap | Pong | Failed
