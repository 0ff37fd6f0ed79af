from __future__ import annotations

import os
import re
from pathlib import Path

import asyncpg
import pytest

from cryptoviz.local.children import StartError
from cryptoviz.local.kafka_probe import serves_metadata
from cryptoviz.local.stack import Stack

GIVEN = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092",
    "TIMESCALE_DSN": "postgresql://reader@timescale.example/market",
}


async def test_a_stack_leads_to_a_broker_and_a_database_that_answer(server_dir: Path):
    with Stack(server_dir / "data", environ={}) as stack:
        environ = stack.environ()
        host, port = environ["KAFKA_BOOTSTRAP_SERVERS"].split(":")
        assert serves_metadata(host, int(port))
        connection = await asyncpg.connect(environ["TIMESCALE_DSN"])
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
        assert stack.failure() is None


def test_given_servers_replace_the_embedded_ones(server_dir: Path):
    with Stack(server_dir / "data", environ=GIVEN) as stack:
        assert stack.broker is None
        assert stack.database is None
        assert stack.environ() == GIVEN
    assert not (server_dir / "data" / "kafka").exists()
    assert not (server_dir / "data" / "postgres").exists()


def test_a_given_broker_leaves_the_database_embedded(server_dir: Path):
    given = {"KAFKA_BOOTSTRAP_SERVERS": GIVEN["KAFKA_BOOTSTRAP_SERVERS"]}

    with Stack(server_dir / "data", environ=given) as stack:
        assert stack.broker is None
        assert stack.database is not None
        assert stack.database.is_running


def test_the_dsn_may_be_given_in_a_file(server_dir: Path):
    path = server_dir / "dsn"
    path.write_text(GIVEN["TIMESCALE_DSN"] + "\n")

    environ = GIVEN | {"TIMESCALE_DSN": "", "TIMESCALE_DSN_FILE": str(path)}

    stack = Stack(server_dir / "data", environ=environ)

    assert stack.database is None
    assert stack.environ()["TIMESCALE_DSN"] == GIVEN["TIMESCALE_DSN"]


def test_a_directory_serves_one_stack_at_a_time(server_dir: Path):
    directory = server_dir / "data"
    sentence = (
        f"The directory {directory} is in use by another CRYPTO VIZ stack, process {os.getpid()}."
    )

    with Stack(directory, environ=GIVEN), pytest.raises(StartError, match=re.escape(sentence)):
        Stack(directory, environ=GIVEN).start()

    with Stack(directory, environ=GIVEN):
        pass


def test_a_server_that_dies_is_named(server_dir: Path):
    given = {"KAFKA_BOOTSTRAP_SERVERS": GIVEN["KAFKA_BOOTSTRAP_SERVERS"]}

    with Stack(server_dir / "data", environ=given) as stack:
        assert stack.database is not None
        stack.database.kill()
        assert "The embedded database has ended" in str(stack.failure())


def test_a_start_that_fails_stops_what_had_started(server_dir: Path):
    directory = server_dir / "data"
    (directory / "postgres").mkdir(parents=True)
    (directory / "postgres" / "data").mkdir()
    (directory / "postgres" / "data" / "PG_VERSION").write_text("9.6\n")
    stack = Stack(directory, environ={})

    with pytest.raises(StartError, match="The PostgreSQL server ended"):
        stack.start()

    assert stack.broker is not None
    assert not stack.broker.is_running
