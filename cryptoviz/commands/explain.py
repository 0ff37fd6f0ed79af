"""`cryptoviz explain`: which source records a window was folded from, and folding them again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

import click
import msgspec

from cryptoviz.commands.parameters import TEXT, Parsed
from cryptoviz.inspection.changelog import Changelogs
from cryptoviz.inspection.late import Place as LatePlace
from cryptoviz.inspection.late import Stretch, late_records
from cryptoviz.inspection.outcome import EXIT_CODES, No, run, said, settled
from cryptoviz.inspection.over_http import Worker, url_of
from cryptoviz.inspection.place import Place
from cryptoviz.inspection.printing import Form, form_option, print_lines
from cryptoviz.inspection.provenance import (
    Found,
    Kind,
    differences,
    first_offsets,
    fold,
    kind_of,
    source_records,
)
from cryptoviz.inspection.selection import Selection, Span, one_window, spellings
from cryptoviz.inspection.table_name import asked_size_of
from cryptoviz.inspection.tables_known import complete_table
from cryptoviz.inspection.topic_reader import open_reader
from cryptoviz.inspection.view import TableRow
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
WINDOW = Parsed("latest|START", one_window)
OFFSET_COLUMNS = ("topic", "partition", "first_offset", "last_offset", "event_time")
RECORD_COLUMNS = ("topic", "partition", "offset", "late", "value")
# Places that a sentence names.
MOST_SHOWN = 10


@click.command(epilog=EPILOG)
@click.argument("table", type=TEXT, shell_complete=complete_table)
@click.argument("key", type=TEXT)
@click.argument("window", type=WINDOW, metavar="latest|START")
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

    Without --records: per source partition, the last offset folded in, and the first one whose
    time in Kafka allows it to be. With it: the records, and whether folding them again makes the
    same value. Records that came after the table's retention are in the late topic and not in the
    value, which is said; records that Kafka no longer has cannot be folded.
    """
    settings = settled()
    kind = kind_of(table, settings)
    if kind is None:
        raise No(f"Table {table} is not folded from source records alone.")
    place: Place = Changelogs(settings) if changelog else Worker(url or url_of(settings))
    said(place.sentence)
    subjects = spellings(key, settings.quote_currencies)
    selection = Selection(subjects, window, limit=1)
    rows = selection.of(run(lambda: place.rows(table, selection)))
    if not rows:
        _refuse(settings, table, key, window)
    value = _window(kind, rows[0])
    subject = rows[0].key.partition("|")[0]
    said(f"{rows[0].key}: revision {value.revision}, {'final' if value.final else 'not final'}.")
    if not records:
        firsts = run(lambda: _firsts(settings, kind, value))
        print_lines(_offsets(kind, value, firsts), OFFSET_COLUMNS, form)
    late = _late(settings, table, Stretch((subject,), value.window_start, value.window_end))
    if late:
        said(f"{_told(late)}; they are not in the value.")
    if records:
        found = run(lambda: _fetch(settings, kind, value, subject))
        print_lines((_line(kind, each, late) for each in found), RECORD_COLUMNS, form)
        _compare(value, [each for each in found if (each.partition, each.offset) not in late])


def _window(kind: Kind, row: TableRow) -> Any:
    try:
        return msgspec.json.decode(row.value, type=kind.window)
    except msgspec.MsgspecError as error:
        raise click.ClickException(
            f"The value of {row.key!r} is none of this version: {error}."
        ) from None


def _refuse(settings: Settings, table: str, key: str, window: Span) -> NoReturn:
    """Say that there is no such window, and whether records of it came when it was gone."""
    sentence = f"Table {table} has no such window of {key!r}"
    if not window.latest:
        subjects = spellings(key, settings.quote_currencies)
        end = window.low + asked_size_of(table, settings)
        late = _late(settings, table, Stretch(subjects, window.low, end))
        if late:
            raise No(f"{sentence}: {_told(late)}.")
    raise No(f"{sentence}.")


def _late(settings: Settings, table: str, stretch: Stretch) -> list[LatePlace]:
    async def ask() -> list[LatePlace]:
        async with open_reader(settings) as reader:
            return await late_records(reader, f"{settings.cryptoviz_id}-late", table, stretch)

    return run(ask)


def _told(late: list[LatePlace]) -> str:
    shown = ", ".join(f"{partition}:{offset}" for partition, offset in late[:MOST_SHOWN])
    more = f" and {len(late) - MOST_SHOWN} more" if late[MOST_SHOWN:] else ""
    return (
        f"{len(late)} records came after the table's retention and are in the late topic, from "
        f"source offsets {shown}{more}"
    )


async def _firsts(settings: Settings, kind: Kind, value: Any) -> dict[int, int]:
    async with open_reader(settings) as reader:
        return await first_offsets(reader, kind, value)


async def _fetch(settings: Settings, kind: Kind, value: Any, subject: str) -> list[Found]:
    async with open_reader(settings) as reader:
        return await source_records(reader, kind, value, subject, settings)


def _offsets(kind: Kind, value: Any, firsts: Mapping[int, int]) -> list[dict[str, Any]]:
    return [
        {
            "topic": kind.topic,
            "partition": int(source),
            # None where Kafka has deleted what was folded.
            "first_offset": firsts.get(int(source)),
            "last_offset": last,
            "event_time": value.event_times.get(source),
        }
        for source, last in sorted(value.offsets.items())
    ]


def _line(kind: Kind, found: Found, late: Collection[LatePlace]) -> dict[str, Any]:
    return {
        "topic": kind.topic,
        "partition": found.partition,
        "offset": found.offset,
        "late": (found.partition, found.offset) in late,
        "value": found.value.decode("utf-8", "backslashreplace"),
    }


def _compare(value: Any, found: list[Found]) -> None:
    again = fold(value, found)
    said(f"{len(found)} records folded again; the value counts {value.revision}.")
    if different := differences(value, again):
        raise No("Not equal: " + "; ".join(different) + ".")
    said("Equal.")
