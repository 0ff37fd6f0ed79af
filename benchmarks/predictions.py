"""What predicting and scoring add to the time per record of draining a topic of tickers.

    python -m benchmarks.predictions [--records 1000000] [--rounds 3]

Two kinds of workers drain the same tickers in turn: one with the agents that predict and score,
one without. The former is only done when the last price window has been predicted from, scored,
and its offset committed. CPU time tells more than wall time on a busy machine; both are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.drain import TOPIC, cpu_s, fill
from cryptoviz.local.broker import Broker
from cryptoviz.local.drained import wait_until_drained
from cryptoviz.local.worker import WorkerProcess

ROOT = Path(__file__).parents[1]


async def drain(servers: str, directory: Path, app: str | None) -> tuple[float, float]:
    """Let a fresh worker drain the topic; return seconds and CPU seconds."""
    group = directory.name
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "CRYPTOVIZ_ID": group,
        "CRYPTOVIZ_SINK": "off",
        "COMMIT_INTERVAL": "0.2",
        "TABLE_RETENTION": "864000",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    topics = [TOPIC] if app else [TOPIC, f"{group}-prices"]
    process = WorkerProcess(directory, environ, app).start()
    try:
        began_s, began_cpu_s = time.perf_counter(), cpu_s(process.child.pid)
        for topic in topics:
            await wait_until_drained(servers, group, [topic], timeout_s=600)
        return time.perf_counter() - began_s, cpu_s(process.child.pid) - began_cpu_s
    finally:
        process.terminate()


async def main(records: int, rounds: int) -> None:
    """Run the rounds and print each, then what the medians say."""
    kinds = {"without": "benchmarks.without_predictions", "with": None}
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "kafka") as broker:
        servers = broker.bootstrap_servers
        await fill(servers, records)
        results: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
        for number in range(rounds):
            for kind, app in kinds.items():
                run = await drain(servers, Path(name) / f"{kind}{number}", app)
                results[kind].append(run)
                print(
                    f"{kind:8} {run[0] * 1e6 / records:6.2f} µs a record, "
                    f"{run[1] * 1e6 / records:6.2f} µs of CPU",
                    flush=True,
                )
        for index, what in enumerate(("time", "CPU time")):
            base, more = (statistics.median(run[index] for run in results[kind]) for kind in kinds)
            print(f"predictions add {100 * (more / base - 1):.1f} % to the {what} per record")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.records, arguments.rounds))
