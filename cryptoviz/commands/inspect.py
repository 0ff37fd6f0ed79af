"""`cryptoviz inspect`: the tables and their rows, wherever they are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich.live import Live

from cryptoviz.commands.parameters import TEXT, Parsed
from cryptoviz.inspection.changelog import Changelogs
from cryptoviz.inspection.outcome import EXIT_CODES, No, run, said, settled
from cryptoviz.inspection.over_http import Worker, url_of
from cryptoviz.inspection.place import Place
from cryptoviz.inspection.printing import Form, as_table, chosen, form_option, print_lines
from cryptoviz.inspection.rocksdb_files import Files
from cryptoviz.inspection.selection import (
    Condition,
    Selection,
    Span,
    condition,
    span,
    spellings,
    unknown_field,
)
from cryptoviz.inspection.showing import row_lines, table_lines
from cryptoviz.inspection.tables_known import complete_table
from cryptoviz.inspection.view import TableRow

# A screen or two; who wants all of them says so, or has a pipe.
TERMINAL_ROWS = 50
EPILOG = (
    """\b
Examples:
  cryptoviz inspect
      all tables: rows, windows, watermark and lag of each partition
  cryptoviz inspect candles --window latest
      the newest candle of each pair
  cryptoviz inspect sentiment --key BTC --window 2026-11-24T10:00..2026-11-24T12:00 --final
      two hours of one crypto, what is final of it
  cryptoviz inspect candles --where 'trades>=100' --format csv > busy.csv
      by what the values say
  cryptoviz inspect candles --key BTC/USD --window latest --watch
      follow one pair
  cryptoviz inspect candles --offline
      from the files of a worker that is stopped; --changelog: from the topic
\b

"""
    + EXIT_CODES
)
SPAN = Parsed("latest|START|FROM..TO", span)
CONDITION = Parsed("condition", condition)


@click.command(epilog=EPILOG)
@click.argument("table", type=TEXT, required=False, shell_complete=complete_table)
@click.option("--key", type=TEXT, help="Only rows of this pair or crypto, or with this whole key.")
@click.option(
    "--window",
    type=SPAN,
    default=Span(),
    show_default="all",
    metavar="latest|START|FROM..TO",
    help="Only these windows, by their start: Unix seconds or ISO 8601; TO is exclusive.",
)
@click.option("--final", is_flag=True, help="Only windows that are final.")
@click.option(
    "--where",
    type=CONDITION,
    multiple=True,
    metavar="FIELD=VALUE",
    help="Only rows that meet this; also != < <= > >=. Several must all be met.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"Most rows; 0 is all. Default: {TERMINAL_ROWS} on a terminal, all elsewhere.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Follow until Ctrl-C: each second rows that changed; with --changelog each change.",
)
@click.option("--offline", is_flag=True, help="Read the worker's RocksDB files, read-only.")
@click.option("--changelog", is_flag=True, help="Read the changelog topic itself.")
@click.option("--url", help="The worker to ask. Default: http://WEB_HOST:WEB_PORT.")
@form_option
def inspect(
    table: str | None,
    key: str | None,
    window: Span,
    final: bool,
    where: tuple[Condition, ...],
    limit: int | None,
    watch: bool,
    offline: bool,
    changelog: bool,
    url: str | None,
    form: Form | None,
) -> None:
    """List the tables, or print the rows of TABLE, by key, the newest window first.

    They come from the running workers over HTTP unless --offline or --changelog says otherwise;
    standard error says which of the three it was.
    """
    place, form = _place(offline, changelog, url), chosen(form)
    if table is None:
        if watch or key is not None or final or where or window != Span():
            raise click.UsageError("--key, --window, --final, --where and --watch need a TABLE.")
        said(place.sentence)
        print_lines(*table_lines(run(place.tables), form), form)
        return
    if limit is None and form == "table":
        limit = TERMINAL_ROWS
    subjects = spellings(key, settled().quote_currencies) if key is not None else ()
    selection = Selection(subjects, window, final, where, limit or None)
    if watch and offline:
        raise click.UsageError("--watch follows a worker or, with --changelog, a topic.")
    said(place.sentence)
    if watch:
        with contextlib.suppress(KeyboardInterrupt):
            run(lambda: _watch(place, table, selection, form))
        return
    _print(run(lambda: place.rows(table, selection)), selection, table, form)


def _place(offline: bool, changelog: bool, url: str | None) -> Place:
    if sum((offline, changelog, url is not None)) > 1:
        raise click.UsageError("--offline, --changelog and --url exclude each other.")
    settings = settled()
    if offline:
        return Files(settings)
    return Changelogs(settings) if changelog else Worker(url or url_of(settings))


def _print(rows: Sequence[TableRow], selection: Selection, table: str, form: Form) -> None:
    _check_fields(rows, selection, table)
    found = selection._replace(limit=None).of(rows)
    if not found and selection.subjects:
        raise No(f"Table {table} has no such row of {selection.subjects[0]!r}.")
    shown = found[: selection.limit]
    print_lines(*row_lines(shown, form), form)
    if len(shown) < len(found):
        said(f"{len(shown)} of {len(found)} rows; --limit 0 shows all.")


def _check_fields(rows: Iterable[TableRow], selection: Selection, table: str) -> None:
    """Refuse what can be true of no row of *table*, rather than show none."""
    if missing := unknown_field(selection.asked(), rows):
        raise click.UsageError(f"Rows of {table} have no field {missing!r}.")


async def _watch(place: Place, table: str, selection: Selection, form: Form) -> None:
    rows: dict[str, TableRow] = {}
    with Live(auto_refresh=False) if form == "table" else contextlib.nullcontext() as live:
        async for changes in place.changes(table, selection):
            if not rows:
                _check_fields(filter(None, changes.values()), selection, table)
            # A changelog may have a row again as it was.
            new = {key for key, row in changes.items() if row is not None and rows.get(key) != row}
            for key, row in changes.items():
                if row is None:
                    rows.pop(key, None)
                else:
                    rows[key] = row
            wanted = selection.of(rows.values())
            if live is not None:
                live.update(as_table(*row_lines(wanted, form)), refresh=True)
            else:
                changed: list[Any] = [row for row in wanted if row.key in new]
                print_lines(*row_lines(changed, form), form)
