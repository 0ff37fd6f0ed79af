"""`cryptoviz dead-letters`: look at the messages that were rejected, and send them back once."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import click

from cryptoviz.commands.parameters import Parsed
from cryptoviz.inspection.dead_letter import CSV_COLUMNS, TERMINAL_COLUMNS, Letter
from cryptoviz.inspection.dead_letter import letters as letters_in
from cryptoviz.inspection.outcome import EXIT_CODES, No, run, said, settled
from cryptoviz.inspection.printing import Form, chosen, form_option, print_lines
from cryptoviz.inspection.retry import retry, sorted_out, sources
from cryptoviz.inspection.topic_reader import open_reader
from cryptoviz.settings import Settings

EPILOG = (
    """\b
Examples:
  cryptoviz dead-letters --count
      how many, by topic and code
  cryptoviz dead-letters --topic rawtrade --code bad_pair
      those of one kind, oldest first
  cryptoviz dead-letters --show 2:17 | xxd
      the message at offset 17 of partition 2 of the dead-letter topic, byte for byte
  cryptoviz dead-letters --retry --code bad_score
      after SENTIMENT_SCALE was set right
\b

"""
    + EXIT_CODES
)


@dataclass(frozen=True)
class Wanted:
    """Which letters: of one *topic*, with one *code*, at one *place*; None is any."""

    topic: str | None
    code: str | None
    place: str | None

    def among(self, found: Iterable[Letter]) -> list[Letter]:
        """Return the wanted ones of *found*, oldest first."""
        return sorted(
            (
                letter
                for letter in found
                if self.topic in (None, letter.topic)
                and self.code in (None, letter.code)
                and self.place in (None, letter.place)
            ),
            key=lambda letter: letter.rejected_ms,
        )


def _place(text: str) -> str:
    """Return *text*, such as ``2:17``, without leading zeros; raises `ValueError`."""
    partition, colon, offset = text.partition(":")
    if not colon or not (partition + offset).isdecimal() or not partition or not offset:
        raise ValueError(f"place must be PARTITION:OFFSET, was {text!r}")
    return f"{int(partition)}:{int(offset)}"


PLACE = Parsed("place", _place)


@click.command("dead-letters", epilog=EPILOG)
@click.option("--topic", help="Only letters from this topic.")
@click.option("--code", help="Only letters with this code, such as bad_pair.")
@click.option(
    "--at",
    "place",
    type=PLACE,
    metavar="PARTITION:OFFSET",
    help="Only the letter at this place.",
)
@click.option("--count", "count", is_flag=True, help="Count by topic and code.")
@click.option(
    "--show",
    type=PLACE,
    metavar="PARTITION:OFFSET",
    help="Write the message there, byte for byte.",
)
@click.option(
    "--retry",
    "again",
    is_flag=True,
    help="Send the letters back to where they came from, each once, with the header retry-of.",
)
@form_option
def dead_letters(
    topic: str | None,
    code: str | None,
    place: str | None,
    count: bool,
    show: str | None,
    again: bool,
    form: Form | None,
) -> None:
    """List the messages that were rejected, where each came from, and why.

    A message that is sent back keeps its key, its partition and its bytes. Kafka remembers that
    it was sent back, so that doing it again does nothing.
    """
    if sum((count, again, show is not None)) > 1:
        raise click.UsageError("--count, --show and --retry exclude each other.")
    settings = settled()
    letters, ends = run(lambda: _read(settings))
    found = Wanted(topic, code, show or place).among(letters)
    if not found and (show or place):
        raise No(f"There is no such dead letter at {show or place}.")
    if count:
        _print_counts(found, form)
    elif show is not None:
        _show(found[0])
    elif again:
        _send_back(settings, found, ends)
    else:
        _print(found, chosen(form))


async def _read(settings: Settings) -> tuple[list[Letter], dict[int, int]]:
    """Return all letters, and the offsets up to which their topic was read."""
    topic = f"{settings.cryptoviz_id}-rejected"
    async with open_reader(settings) as reader:
        ends = await reader.ends(topic)
        records = [one async for some in reader.records(topic, until=ends) for one in some]
        return list(letters_in(records).values()), ends


def _print(found: list[Letter], form: Form) -> None:
    if form == "table":
        print_lines((letter.terminal_line() for letter in found), TERMINAL_COLUMNS, form)
    else:
        print_lines((letter.line() for letter in found), CSV_COLUMNS, form)


def _print_counts(found: list[Letter], form: Form | None) -> None:
    counts = Counter((letter.topic, letter.code) for letter in found)
    retried = Counter((letter.topic, letter.code) for letter in found if letter.retried_ms)
    lines = [
        {"topic": topic, "code": code, "count": number, "retried": retried[topic, code]}
        for (topic, code), number in sorted(counts.items())
    ]
    print_lines(lines, ("topic", "code", "count", "retried"), form)


def _show(letter: Letter) -> None:
    said(
        f"{letter.topic}, partition {letter.partition}, offset {letter.offset}: "
        f"{letter.code}: {letter.reason}"
    )
    sys.stdout.buffer.write(letter.value or b"")
    sys.stdout.buffer.flush()


def _send_back(settings: Settings, found: list[Letter], ends: Mapping[int, int]) -> None:
    groups = sorted_out(found, sources(settings))
    for letters_kept, why in (
        (groups.before, "were sent back before"),
        (groups.folded, "were refused by the database alone, and the live tables hold them"),
        (groups.foreign, "came from topics that are none of this deployment's"),
    ):
        if letters_kept:
            said(f"{len(letters_kept)} {why}; they are not sent.")
    if not groups.due:
        raise No("No dead letter is to be sent back.")
    sent = run(lambda: retry(settings, groups.due, ends, lambda: round(time.time() * 1000)))
    if sent < len(groups.due):
        said(f"{len(groups.due) - sent} are sent back by another command at the same time.")
    if not sent:
        raise No("No dead letter was sent back.")
    click.echo(
        f"sent {sent} messages back to {', '.join(sorted({one.topic for one in groups.due}))}"
    )
