"""`cryptoviz explain`: which source records a window was folded from, and folding them again."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from cryptoviz.commands.inspect import SPAN
from cryptoviz.inspection.changelog import Changelogs
from cryptoviz.inspection.outcome import EXIT_CODES, No, run, said, settled
from cryptoviz.inspection.over_http import Worker, url_of
from cryptoviz.inspection.place import Place
from cryptoviz.inspection.printing import Form, form_option, print_lines
from cryptoviz.inspection.provenance import (
    Found,
    Kind,
    differences,
    fold,
    kind_of,
    source_records,
)
from cryptoviz.inspection.selection import Selection, Span, spellings
from cryptoviz.inspection.tables_known import complete_table
from cryptoviz.inspection.topic_reader import open_reader
from cryptoviz.settings import Settings

EPILOG = (
    """\b
Examples:
  cryptoviz explain candles BTC/USD latest
      which offsets of rawtrade were folded into the newest candle
  cryptoviz explain sentiment BTC 2026-11-24T10:05 --records
      the articles themselves, fetched from Kafka and folded again: equal or not
\b

"""
    + EXIT_CODES
)
OFFSET_COLUMNS = ("topic", "partition", "last_offset", "event_time")
RECORD_COLUMNS = ("topic", "partition", "offset", "value")


@click.command(epilog=EPILOG)
@click.argument("table", shell_complete=complete_table)
@click.argument("key")
@click.argument("window", type=SPAN, metavar="latest|START")
@click.option("--records", is_flag=True, help="Fetch the records and fold them again.")
@click.option("--changelog", is_flag=True, help="Take the value from the changelog topic.")
@click.option("--url", help="The worker to ask. Default: http://WEB_HOST:WEB_PORT.")
@form_option
def explain(
    table: str,
    key: str,
    window: Span,
    records: bool,
    changelog: bool,
    url: str | None,
    form: Form | None,
) -> None:
    """Show what the window of TABLE and KEY was folded from.

    Without --records: per source partition, the last offset folded in. With it: the records, and
    whether folding them again makes the same value. Records that came after the table's retention
    are in the late topic and not in the value; records that Kafka no longer has cannot be folded.
    """
    settings = settled()
    kind = kind_of(table, settings)
    if kind is None:
        raise No(f"Table {table} is not folded from source records alone.")
    place: Place = Changelogs(settings) if changelog else Worker(url or url_of(settings))
    said(place.sentence)
    selection = Selection(spellings(key, settings.quote_currencies), window, limit=1)
    rows = selection.of(run(lambda: place.rows(table)))
    if not rows:
        raise No(f"Table {table} has no such window of {key!r}.")
    value = msgspec.json.decode(rows[0].value, type=kind.window)
    subject = rows[0].key.partition("|")[0]
    said(f"{rows[0].key}: revision {value.revision}, {'final' if value.final else 'not final'}.")
    if not records:
        print_lines(_offsets(kind, value), OFFSET_COLUMNS, form)
        return
    found = run(lambda: _fetch(settings, kind, value, subject))
    print_lines((_line(kind, each) for each in found), RECORD_COLUMNS, form)
    _compare(value, found)


async def _fetch(settings: Settings, kind: Kind, value: Any, subject: str) -> list[Found]:
    async with open_reader(settings) as reader:
        return await source_records(reader, kind, value, subject, settings)


def _offsets(kind: Kind, value: Any) -> list[dict[str, Any]]:
    return [
        {
            "topic": kind.topic,
            "partition": int(source),
            "last_offset": last,
            "event_time": value.event_times.get(source),
        }
        for source, last in sorted(value.offsets.items())
    ]


def _line(kind: Kind, found: Found) -> dict[str, Any]:
    return {
        "topic": kind.topic,
        "partition": found.partition,
        "offset": found.offset,
        "value": found.value.decode("utf-8", "backslashreplace"),
    }


def _compare(value: Any, found: list[Found]) -> None:
    again = fold(value, found)
    said(f"{len(found)} records folded again; the value counts {value.revision}.")
    if different := differences(value, again):
        raise No("Not equal: " + "; ".join(different) + ".")
    said("Equal.")
