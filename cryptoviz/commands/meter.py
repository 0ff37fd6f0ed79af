"""How far a command is: a live line on a terminal, a log line each 10 s elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

LOG_EVERY_S = 10.0
REFRESH_EVERY_S = 0.2

logger = logging.getLogger(__name__)


class Meter(Protocol):
    """Shows how many messages were sent and how much of the input, in bytes, was read."""

    def show(self, sent: int, read_bytes: int = 0) -> None:
        """Show the new totals."""


class LogMeter:
    """Logs a line each `LOG_EVERY_S` seconds."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._logged_s = time.monotonic()
        self._logged_sent = 0

    def show(self, sent: int, read_bytes: int = 0) -> None:
        """Log the new totals when it is time."""
        elapsed_s = time.monotonic() - self._logged_s
        if elapsed_s >= LOG_EVERY_S:
            rate = (sent - self._logged_sent) / elapsed_s
            progress = f"{sent:,} messages sent, {rate:,.0f}/s"
            if read_bytes:
                progress += f", {read_bytes:,} bytes read"
            logger.info("%s: %s", self._label, progress)
            self._logged_s += elapsed_s
            self._logged_sent = sent


class LiveMeter:
    """Redraws a line of a terminal."""

    def __init__(self, progress: Progress, label: str, total_bytes: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=total_bytes, sent="0", rate="0")
        self._shown_s = time.monotonic()
        self._shown_sent = 0

    def show(self, sent: int, read_bytes: int = 0) -> None:
        """Redraw with the new totals, a few times a second."""
        elapsed_s = time.monotonic() - self._shown_s
        if elapsed_s >= REFRESH_EVERY_S:
            rate = (sent - self._shown_sent) / elapsed_s
            self._progress.update(
                self._task, completed=read_bytes, sent=f"{sent:,}", rate=f"{rate:,.0f}"
            )
            self._shown_s += elapsed_s
            self._shown_sent = sent


@contextmanager
def open_meter(label: str, total_bytes: int | None = None) -> Iterator[Meter]:
    """Yield a meter on standard error; with *total_bytes* it has a bar of the bytes read."""
    if not sys.stderr.isatty():
        logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
        yield LogMeter(label)
        return
    columns: list[ProgressColumn] = [SpinnerColumn(), TextColumn("{task.description}")]
    if total_bytes is not None:
        columns += [BarColumn(), DownloadColumn(), TimeRemainingColumn()]
    columns += [
        TextColumn("{task.fields[sent]} messages sent, {task.fields[rate]}/s"),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield LiveMeter(progress, label, total_bytes)
