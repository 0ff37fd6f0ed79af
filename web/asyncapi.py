"""`/asyncapi.json`: AsyncAPI 3 of topics, changelogs and WebSockets, from their types."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Any, get_args

from faust.types.web import Request, View

from cryptoviz import topics
from cryptoviz.settings import current
from cryptoviz.topic_fit import POLICY, RETENTION, TopicSpec
from web.answers import Answer, json_answer
from web.json_schema import REF
from web.operation import answers, page
from web.sent_schemas import schemas_of
from web.socket_messages import Request as SocketRequest
from web.socket_messages import Told
from web.topic_channels import Channel, Message, carrying, topic_channels


@page("/asyncapi.json")
@answers(dict[str, Any])
async def asyncapi(view: View, request: Request) -> Answer:
    """Return the AsyncAPI 3 document of the topics, the changelogs and `/ws/`."""
    return json_answer(document())


@cache
def document() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    channels = [*topic_channels(), *_sockets()]
    types: dict[str, list[Any]] = {"send": [], "receive": []}
    for channel in channels:
        for message in channel.messages:
            types[channel.action] += filter(None, (message.payload, message.headers))
    specs = {spec.name: spec for spec in topics.specs()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "CRYPTO VIZ",
            "version": version("cryptoviz"),
            "x-contract-version": topics.CONTRACT_VERSION,
            "description": "Topics that are read, results and changelogs that other services can "
            "read, and the live feeds over WebSocket. What is promised of topics, and what raises "
            "`x-contract-version`, is in docs/changelogs.md.",
        },
        "defaultContentType": "application/json",
        "channels": {
            channel.name: _channel(channel, specs.get(channel.address)) for channel in channels
        },
        "operations": {
            f"{channel.action}_{channel.name}": {
                "action": channel.action,
                "channel": {"$ref": f"#/channels/{channel.name}"},
            }
            for channel in channels
        },
        "components": {
            "messages": {
                message.name: _message(message)
                for channel in channels
                for message in channel.messages
            },
            "schemas": schemas_of(types["receive"], types["send"]),
        },
    }


def _message(message: Message) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": message.name,
        "contentType": "application/octet-stream",
    }
    if message.payload is not None:
        reference = {"$ref": REF.format(name=message.payload.__name__)}
        described |= {"contentType": "application/json", "payload": reference}
    if message.headers is not None:
        described["headers"] = {"$ref": REF.format(name=message.headers.__name__)}
    return described


def _channel(channel: Channel, spec: TopicSpec | None) -> dict[str, Any]:
    described: dict[str, Any] = {
        "address": channel.address,
        "description": channel.help,
        "messages": {
            message.name: {"$ref": f"#/components/messages/{message.name}"}
            for message in channel.messages
        },
    }
    if channel.key is not None:
        described["description"] = " ".join(_sentences(channel, spec))
        described |= {"x-key": channel.key, "x-tombstones": channel.tombstones}
    if spec is not None:
        described["bindings"] = {"kafka": _binding(spec)}
    return described


def _sentences(channel: Channel, spec: TopicSpec | None) -> Iterator[str]:
    """Yield what a reader needs to know of a topic beside its messages."""
    yield channel.help
    yield f"Key: {channel.key}."
    if spec is None or not spec.own:
        return
    if spec.config[POLICY] == "compact":
        yield "Compacted: the last value of each key stays."
    else:
        yield f"Kept {int(spec.config[RETENTION]) // topics.DAY_MS} days."
    # What has headers is no row under a key.
    rows = [message.payload for message in channel.messages if message.headers is None]
    if rows:
        yield "Records of a key are in order, in one partition."
    if any("revision" in row.__struct_fields__ for row in rows):
        yield "Of two values of a key the higher revision counts, of equal ones the later."
    elif rows:
        yield "Of two values of a key the later counts."
    if not channel.tombstones:
        yield "No value is null."
    elif rows:
        yield "A null value deletes its key."


def _binding(spec: TopicSpec) -> dict[str, Any]:
    """Return how Kafka keeps a topic; of others' topics, only what is asked of them."""
    binding: dict[str, Any] = {"topic": spec.name, "partitions": spec.partitions}
    if spec.own:
        kept: dict[str, Any] = {POLICY: spec.config[POLICY].split(",")}
        if RETENTION in spec.config:
            kept[RETENTION] = int(spec.config[RETENTION])
        binding["replicas"] = current().kafka_replication_factor
        binding["topicConfiguration"] = kept
    return {**binding, "bindingVersion": "0.5.0"}


def _sockets() -> Iterator[Channel]:
    asked, told = carrying(*get_args(SocketRequest)), carrying(*get_args(Told))
    yield Channel("ws_requests", "/ws/", "What a client asks for.", None, asked, "receive")
    yield Channel("ws", "/ws/", "What a client is told.", None, told, "send")
