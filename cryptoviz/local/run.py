"""Run everything on one machine: `python -m cryptoviz.local.run`.

Kafka, PostgreSQL, one worker and the simulator start in this order and stop in the reverse one on
Ctrl-C or SIGTERM. All that they keep is in one directory.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cryptoviz.local import ports
from cryptoviz.local.children import StartError
from cryptoviz.local.stack import BROKER_VARIABLE, DATABASE_VARIABLE, Stack
from cryptoviz.local.supervisor import Supervised

logger = logging.getLogger(__name__)

WORKER = (sys.executable, "-m", "cryptoviz", "worker", "-l", "info")
SIMULATOR = (sys.executable, "-m", "cryptoviz", "simulate", "--rate", "{rate}")
DEFAULT_WEB_PORT = 6066
HEALTH_PATH = "/health/"
# Together with the servers' own these stay under 20 s.
WORKER_GRACE_S = 8.0
SIMULATOR_GRACE_S = 2.0
POLL_S = 0.2


def main(
    argv: Sequence[str] | None = None,
    worker: Sequence[str] = WORKER,
    simulator: Sequence[str] = SIMULATOR,
) -> int:
    """Run until a signal comes and return the exit status; see `--help` for *argv*.

    *worker* and *simulator* are the command lines; `{rate}` stands for the records a second.
    """
    options = _parse(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    simulator = [word.format(rate=options.rate) for word in simulator]
    try:
        with contextlib.ExitStack() as running:
            _run(options, worker, [] if options.no_simulator else simulator, running)
    except KeyboardInterrupt:
        return 0
    except StartError as error:
        print(error, file=sys.stderr)
    return 1


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m cryptoviz.local.run",
        description="Run Kafka, PostgreSQL, a worker and the simulator on this machine.",
        epilog=f"{BROKER_VARIABLE} and {DATABASE_VARIABLE} name servers to use instead of the "
        "embedded ones; WEB_PORT is the worker's HTTP port.",
    )
    parser.add_argument("--no-simulator", action="store_true", help="do not simulate markets")
    parser.add_argument("--rate", type=int, default=200, help="simulated records a second (200)")
    parser.add_argument(
        "--data-dir", type=Path, help="where everything is kept (CRYPTOVIZ_DATA_DIR, else ./data)"
    )
    options = parser.parse_args(argv)
    if options.data_dir is None:
        options.data_dir = Path(os.environ.get("CRYPTOVIZ_DATA_DIR") or "data")
    return options


def _interrupt(*_: object) -> None:
    # Impatience must not cut the ordered stop short; every step of it has a time limit.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    logger.info("Stopping.")
    raise KeyboardInterrupt


def _run(
    options: argparse.Namespace,
    worker_command: Sequence[str],
    simulator_command: Sequence[str],
    running: contextlib.ExitStack,
) -> None:
    """Start all in order, each with its stop pushed on *running*, and watch over them."""
    web_port = _web_port()
    stack = running.enter_context(Stack(options.data_dir))
    environ = {
        **os.environ,
        **stack.environ(),
        "WEB_PORT": str(web_port),
        "CRYPTOVIZ_DATA_DIR": str(options.data_dir.resolve()),
    }
    logs = options.data_dir / "logs"
    logs.mkdir(exist_ok=True)
    logger.info("Starting the worker; its log is %s.", logs / "worker.log")
    worker = Supervised("worker", worker_command, environ, WORKER_GRACE_S, logs / "worker.log")
    running.callback(worker.stop)
    watched = [worker]
    while not _is_healthy(web_port):
        _watch(stack, watched)
    if simulator_command:
        simulator = Supervised(
            "simulator", simulator_command, environ, SIMULATOR_GRACE_S, logs / "simulator.log"
        )
        running.callback(simulator.stop)
        watched.append(simulator)
    _print_addresses(web_port, stack, logs)
    while True:
        _watch(stack, watched)


def _watch(stack: Stack, watched: Sequence[Supervised]) -> None:
    time.sleep(POLL_S)
    for process in watched:
        process.watch()
    if watched[0].has_finished:
        raise StartError("The worker has ended by itself, so everything is stopped.")
    if (failure := stack.failure()) is not None:
        raise StartError(failure)


def _web_port() -> int:
    """Return the port for the worker; raises `StartError` when the one asked for is taken."""
    asked = os.environ.get("WEB_PORT")
    if not asked:
        port = ports.choose(DEFAULT_WEB_PORT)
        if port != DEFAULT_WEB_PORT:
            logger.info("Port %d is taken, so the worker uses %d.", DEFAULT_WEB_PORT, port)
        return port
    if not asked.isdigit() or not 0 < int(asked) < 65_536:
        raise StartError(f"WEB_PORT must be a port number, was {asked!r}.")
    if not ports.is_free(int(asked)):
        raise StartError(f"WEB_PORT asks for port {asked}, which another program uses.")
    return int(asked)


def _is_healthy(web_port: int) -> bool:
    connection = http.client.HTTPConnection(ports.HOST, web_port, timeout=2)
    try:
        connection.request("GET", HEALTH_PATH)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _print_addresses(web_port: int, stack: Stack, logs: Path) -> None:
    web, servers = f"http://{ports.HOST}:{web_port}", stack.environ()
    # A given URL may hold a password.
    dsn = servers[DATABASE_VARIABLE] if stack.database else f"as {DATABASE_VARIABLE} says"
    print(
        f"\nCRYPTO VIZ is running; Ctrl-C stops it.\n\n"
        f"  dashboard  {web}/\n"
        f"  health     {web}{HEALTH_PATH}\n"
        f"  candles    {web}/live/candles/BTC/USD/\n"
        f"  Kafka      {servers[BROKER_VARIABLE]}\n"
        f"  database   {dsn}\n"
        f"  logs       {logs}\n",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
