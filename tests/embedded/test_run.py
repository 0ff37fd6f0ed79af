from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from cryptoviz.local import ports

# Stand-ins, so that these tests are about the command alone.
WORKER = """
import http.server, os, signal, sys, time
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
def stop(*_):
    print("worker stopped at", time.monotonic(), flush=True); sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("worker", os.getpid(), os.environ["KAFKA_BOOTSTRAP_SERVERS"], flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["WEB_PORT"])), Health).serve_forever()
"""
SIMULATOR = """
import os, signal, sys, time
def stop(*_):
    print("simulator stopped at", time.monotonic(), flush=True); sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("simulator", os.getpid(), sys.argv[1:], flush=True)
while True: time.sleep(60)
"""
RUN = f"""
import sys
from cryptoviz.local import run
worker = [sys.executable, "-c", {WORKER!r}]
simulator = [sys.executable, "-c", {SIMULATOR!r}, "{{rate}}"]
sys.exit(run.main(sys.argv[1:], worker, simulator))
"""
GIVEN = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092",
    "TIMESCALE_DSN": "postgresql://reader:sesame@timescale.example/market",
}
STOP_LIMIT_S = 20.0


class Running:
    """The command in a session of its own, its output in a file."""

    def __init__(self, directory: Path, *options: str, **environ: str) -> None:
        self.log = directory / "output"
        self.logs = directory / "data" / "logs"
        inherited = {name: value for name, value in os.environ.items() if name not in GIVEN}
        inherited.pop("WEB_PORT", None)
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUN, "--data-dir", str(directory / "data"), *options],
                stdout=output,
                stderr=output,
                env=inherited | environ,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """What the command and the processes that it runs have written."""
        return "".join(path.read_text() for path in [self.log, *sorted(self.logs.glob("*.log"))])

    def family(self) -> list[int]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [self.process.pid, *(child.pid for child in children)]

    def interrupt(self) -> float:
        """Do what Ctrl-C does, and return after how many seconds the command ended."""
        began_s = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(2 * STOP_LIMIT_S)
        return time.monotonic() - began_s


@pytest.fixture
def start(server_dir: Path) -> Iterator[Callable[..., Running]]:
    """Return a function that starts the command; it is ended after the test."""
    started: list[Running] = []

    def begin(*options: str, **environ: str) -> Running:
        started.append(Running(server_dir, *options, **environ))
        return started[-1]

    yield begin
    for running in started:
        running.process.terminate()
        running.process.wait(2 * STOP_LIMIT_S)


def test_ctrl_c_stops_everything_in_order_and_leaves_no_process(
    start: Any, eventually: Any, alive: Any
):
    running = start()
    eventually(lambda: "simulator " in running.output, "the simulator did not start")
    eventually(lambda: "is running; Ctrl-C stops it" in running.output, "no address was printed")
    family = running.family()
    # The command, and two processes for each of Kafka, PostgreSQL, worker and simulator.
    assert len(family) >= 9

    assert running.interrupt() < STOP_LIMIT_S

    assert running.process.returncode == 0
    assert not alive(family)
    ends = dict(re.findall(r"^(simulator|worker) stopped at (.+)$", running.output, re.MULTILINE))
    assert float(ends["simulator"]) < float(ends["worker"])
    assert re.search(r"database +postgresql://postgres@/", running.output)
    assert re.search(r"candles +http://127\.0\.0\.1:\d+/live/candles/BTC/USD/", running.output)
    # The simulator was given the usual rate.
    assert "['200']" in running.output


def test_a_sigterm_while_kafka_starts_leaves_no_process(start: Any, eventually: Any, alive: Any):
    running = start()
    eventually(lambda: len(running.family()) > 2, "nothing was started")
    family = running.family()

    running.process.terminate()

    assert running.process.wait(STOP_LIMIT_S) == 0
    assert not alive(family)
    assert "worker" not in running.output


def test_a_worker_that_dies_is_started_again(start: Any, eventually: Any):
    running = start("--no-simulator", **GIVEN)
    eventually(lambda: "is running" in running.output, "the worker did not get ready")
    (first,) = re.findall(r"^worker (\d+)", running.output, re.MULTILINE)

    os.kill(int(first), signal.SIGKILL)

    eventually(
        lambda: len(re.findall(r"^worker \d+", running.output, re.MULTILINE)) == 2,
        "the worker was not started again",
    )
    assert re.search(r"The worker ended with status -9 .+ started again in 1 s", running.output)
    assert running.interrupt() < STOP_LIMIT_S
    assert "simulator" not in running.output


def test_the_password_of_a_given_database_is_not_printed(start: Any, eventually: Any):
    running = start("--no-simulator", **GIVEN)
    eventually(lambda: "is running" in running.output, "the worker did not get ready")

    assert "sesame" not in running.output
    assert GIVEN["KAFKA_BOOTSTRAP_SERVERS"] in running.output


def test_a_taken_port_that_was_asked_for_is_an_error(start: Any):
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        running = start("--no-simulator", WEB_PORT=str(port), **GIVEN)

        assert running.process.wait(STOP_LIMIT_S) == 1
        assert f"WEB_PORT asks for port {port}, which another program uses." in running.output


def test_a_taken_default_port_is_replaced_by_a_free_one(start: Any, eventually: Any):
    with occupied(6066):
        running = start("--no-simulator", **GIVEN)
        eventually(lambda: "is running" in running.output, "the worker did not get ready")

        (port,) = re.findall(r"Port 6066 is taken, so the worker uses (\d+)\.", running.output)
        assert f"http://127.0.0.1:{port}/health/" in running.output


def occupied(port: int) -> socket.socket:
    """Hold *port*, unless another program of this machine already does."""
    return socket.create_server((ports.HOST, port if ports.is_free(port) else 0))
