"""`cryptoviz replay`: send recorded messages to Kafka."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cryptoviz.commands.lines import read_lines
from cryptoviz.commands.meter import Meter, open_meter
from cryptoviz.commands.outbox import Outbox, open_outbox
from cryptoviz.commands.recorded import key_of, parse, time_of, usual_key_field
from cryptoviz.commands.running import CHUNK, Pace, run, wait
from cryptoviz.inspection.outcome import EXIT_CODES
from cryptoviz.settings import Settings

EPILOG = (
    """\b
Examples:
  cryptoviz replay trades.jsonl --topic rawtrade
      as fast as Kafka takes them, keyed by pair
  cryptoviz replay trades.jsonl --topic rawtrade --speed 10
      ten times as fast as they happened
  zcat articles.jsonl.gz | cryptoviz replay - --topic rawarticle --strict
      from standard input, up to the first line that is not JSON
\b

"""
    + EXIT_CODES
)


class NotJsonError(Exception):
    """A line is not JSON, and that matters."""


@dataclass
class Replay:
    """Sends lines to *topic*, keyed by *key_field*, at *speed* by their own times, and counts."""

    outbox: Outbox
    meter: Meter
    stop: asyncio.Event
    topic: str
    key_field: str | None
    speed: float | None
    strict: bool
    line_count: int = 0
    blank_count: int = 0
    keyless_count: int = 0
    read_bytes: int = 0
    pace: Pace | None = None

    async def send(self, lines: list[bytes]) -> None:
        """Send *lines* and hand them to Kafka. Raises `NotJsonError` when strict."""
        for line in lines:
            self.line_count += 1
            self.read_bytes += len(line) + 1
            if not line.strip():
                self.blank_count += 1
                continue
            record = self._parse(line)
            if self.speed is not None and (time_s := time_of(record)) is not None:
                await self._wait_until_due(time_s, self.speed)
            if self.stop.is_set():
                return
            key = key_of(record, self.key_field)
            self.keyless_count += key is None
            self.outbox.put(self.topic, key, line)
            if self.outbox.put_count % CHUNK == 0:
                await self._hand_over()
        await self._hand_over()

    async def _hand_over(self) -> None:
        await self.outbox.send()
        self.meter.show(self.outbox.put_count, self.read_bytes)
        # Sending does not wait while there is room, so let signals and Kafka's answers in.
        await asyncio.sleep(0)

    async def _wait_until_due(self, time_s: float, speed: float) -> None:
        if self.pace is None:
            self.pace = Pace(speed, time_s, time.time())
        due_s = self.pace.due_s(time_s)
        if due_s > time.time():
            await self._hand_over()
            await wait(self.stop, due_s - time.time())

    def _parse(self, line: bytes) -> Any:
        try:
            return parse(line)
        except ValueError as error:
            if self.strict:
                raise NotJsonError(f"line {self.line_count} is not JSON: {error}") from None
            # A recorded message may be a bad one, and then that is what to replay.
            return None


@click.command(epilog=EPILOG)
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option("--topic", required=True, help="Topic to send to; it must exist.")
@click.option(
    "--key",
    metavar="FIELD",
    help="Field whose value is the Kafka key. Default: website for articles, pair for the other "
    "three input topics, none elsewhere.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="Send so many times as fast as it happened, by timestamp, published_at or scraped_at. "
    "Default: as fast as Kafka takes it.",
)
@click.option("--strict", is_flag=True, help="Stop at the first line that is not JSON.")
def replay(file: Path, topic: str, key: str | None, speed: float | None, strict: bool) -> None:
    """Send recorded messages, one JSON a line of FILE, to a topic; - is standard input.

    Each line is sent byte for byte without its newline. Blank lines are skipped. A line that is
    not JSON is sent too, without a key, unless --strict. Ctrl-C ends the run.
    """

    async def body(settings: Settings, stop: asyncio.Event) -> None:
        field = key if key is not None else usual_key_field(topic, settings)
        async with open_outbox(settings, [topic]) as outbox:
            await _replay(file, outbox, topic, field, speed, strict, stop)

    run(body)


async def _replay(
    file: Path,
    outbox: Outbox,
    topic: str,
    key_field: str | None,
    speed: float | None,
    strict: bool,
    stop: asyncio.Event,
) -> None:
    began_s = time.monotonic()
    from_stdin = str(file) == "-"
    descriptor = sys.stdin.fileno() if from_stdin else os.open(file, os.O_RDONLY)
    total_bytes = None if from_stdin else os.fstat(descriptor).st_size
    with open_meter(f"replay to {topic}", total_bytes) as meter:
        replayed = Replay(outbox, meter, stop, topic, key_field, speed, strict)
        try:
            async for lines in read_lines(descriptor, stop):
                await replayed.send(lines)
        except NotJsonError as error:
            await outbox.flush()
            raise click.ClickException(
                f"{error}; the {outbox.delivered_count} messages before it were sent"
            ) from None
        await outbox.flush()
    click.echo(
        f"sent {outbox.delivered_count} messages to {topic}, {replayed.keyless_count} of them "
        f"without a key, skipped {replayed.blank_count} blank lines, "
        f"in {time.monotonic() - began_s:.2f} s"
    )


if __name__ == "__main__":
    replay()
