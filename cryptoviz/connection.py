"""aiokafka's connections under uvloop: a closed one is an error that Kafka's client survives.

asyncio takes what is written to a connection that the broker has just closed; uvloop raises
`RuntimeError`, which aiokafka 0.14 does not expect (its issue 1038). It ends the client's own
task that looks for the brokers, without a word: after a broker's restart the worker would fetch
and never find its group's coordinator again, so nothing would be committed.
"""

from __future__ import annotations

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_send = AIOKafkaConnection.send


def _send_or_close(connection: Any, request: Any, expect_response: bool = True) -> Any:
    """Send as aiokafka does; raises `KafkaConnectionError` where uvloop says `RuntimeError`."""
    try:
        return _send(connection, request, expect_response)
    except RuntimeError as error:
        connection.close(reason=CloseReason.CONNECTION_BROKEN)
        address = f"{connection.host}:{connection.port}"
        raise KafkaConnectionError(f"Connection at {address} broken: {error}") from error


def survive_closed_connections() -> None:
    """Let every Kafka client of this process meet `KafkaConnectionError`, which it retries."""
    AIOKafkaConnection.send = _send_or_close
