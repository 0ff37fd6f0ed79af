"""What Kafka's client is told when it writes to a connection that the broker has reset."""

import asyncio
import contextlib
import socket
import struct

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from cryptoviz.connection import survive_closed_connections

API_VERSIONS = 18
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


async def dying_broker(reader, writer):
    """Tell which requests are known, then reset the connection at the first other request."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            (size,) = struct.unpack(">i", await reader.readexactly(4))
            request = await reader.readexactly(size)
            (key,) = struct.unpack_from(">h", request)
            if key != API_VERSIONS:
                break
            knows_metadata = struct.pack(">hihhh", 0, 1, 3, 0, 1)
            answer = request[4:8] + knows_metadata
            writer.write(struct.pack(">i", len(answer)) + answer)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()


async def errors_of_writing_on() -> set[type[Exception]]:
    server = await asyncio.start_server(dying_broker, "127.0.0.1", 0)
    connection = AIOKafkaConnection(*server.sockets[0].getsockname(), request_timeout_ms=2000)
    await connection.connect()
    met = set()
    asked = []
    # In one turn of the loop the transport is closed already and the connection does not know.
    for _ in range(1000):
        try:
            asked.append(asyncio.ensure_future(connection.send(MetadataRequest([]))))
        except Exception as error:  # which one it is, is what the test asks
            met.add(type(error))
            break
        await asyncio.sleep(0)
    met |= {type(one) for one in await asyncio.gather(*asked, return_exceptions=True)}
    server.close()
    return met


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_writing_to_a_reset_connection_is_a_connection_error(loop_factory):
    survive_closed_connections()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(errors_of_writing_on()) == {KafkaConnectionError}
