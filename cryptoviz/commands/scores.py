"""`cryptoviz scores`: how good the predictions of a running worker's models turned out.

With --sentiment: whether listening to the news made them better.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import click
import msgspec
from rich.console import Console
from rich.table import Table

from cryptoviz.commands.parameters import TEXT
from cryptoviz.inspection.outcome import EXIT_CODES, run, settled
from cryptoviz.inspection.over_http import Worker, url_of
from cryptoviz.prediction.listening import SentimentSkill
from cryptoviz.prediction.scoring import PERIOD_HOURS, PairScores

T = TypeVar("T")

EPILOG = (
    """\b
Examples:
  cryptoviz scores
      how good each model was, of every pair
  cryptoviz scores BTC/USD --period 7d --horizon 3600
      one pair, an hour ahead, over a week
  cryptoviz scores BTC --sentiment
      whether the news helped
\b

"""
    + EXIT_CODES
)
COLUMNS: tuple[str, ...] = (
    "pair", "model", "horizon", "period", "count", "mae", "mape", "bias", "coverage",
    "mean_width", "interval_score", "skill", "direction_accuracy",
)  # fmt: skip
SENTIMENT_COLUMNS: tuple[str, ...] = ("pair", "horizon", "hours", "skill", "standard_error")
_SHARES = ("coverage", "skill", "direction_accuracy", "standard_error")


class Scores(msgspec.Struct):
    """What a worker answers of scores."""

    rows: list[PairScores]


class Skills(msgspec.Struct):
    """What a worker answers of sentiment."""

    rows: list[SentimentSkill]


@click.command(epilog=EPILOG)
@click.argument("pair", type=TEXT, required=False)
@click.option("--model", help="Only this model.")
@click.option("--horizon", type=int, help="Only this horizon, in seconds.")
@click.option("--period", type=click.Choice(list(PERIOD_HOURS)), help="Only this period.")
@click.option(
    "--sentiment", is_flag=True, help="Whether sentiment helps, for the pairs of a crypto."
)
@click.option("--url", help="Where a worker answers.  [default: from WEB_HOST and WEB_PORT]")
def scores(
    pair: str | None,
    model: str | None,
    horizon: int | None,
    period: str | None,
    sentiment: bool,
    url: str | None,
) -> None:
    """Show how good each model's predictions are, as a table or, in a pipe, as JSON lines."""
    wanted = {"model": model, "horizon": horizon, "period": period}
    if sentiment:
        if model or period:
            raise click.UsageError("--sentiment goes with neither --model nor --period.")
        crypto = None if pair is None else re.split("[/_-]", pair)[0]
        skills = _ask(url, "sentiment_skill", crypto, Skills).rows
        rows, columns = _skills(skills), SENTIMENT_COLUMNS
    else:
        rows, columns = _rows(_ask(url, "scores", pair, Scores).rows), COLUMNS
    found = [
        row
        for row in rows
        if all(value is None or row[name] == value for name, value in wanted.items())
    ]
    if not found:
        click.echo("There are no such scores yet.", err=True)
    elif sys.stdout.isatty():
        Console().print(_table(found, columns))
    else:
        for row in found:
            click.echo(json.dumps(row))


def _ask(url: str | None, table: str, key: str | None, kind: type[T]) -> T:
    worker = Worker(url or url_of(settled()))
    path = f"/live/{table}/" + (f"{quote(key, safe='')}/" if key else "")
    return run(lambda: worker.ask(path, kind))


def _rows(answer: Iterable[PairScores]) -> Iterator[dict[str, Any]]:
    for row in sorted(answer, key=lambda row: row.pair):
        for score in row.scores:
            yield {"pair": row.pair, "as_of": row.as_of, **msgspec.structs.asdict(score)}


def _skills(answer: Iterable[SentimentSkill]) -> Iterator[dict[str, Any]]:
    for row in sorted(answer, key=lambda row: row.pair):
        for skill in row.horizons:
            yield {"pair": row.pair, "as_of": row.as_of, **msgspec.structs.asdict(skill)}


def _table(rows: list[dict[str, Any]], columns: Sequence[str]) -> Table:
    table = Table()
    for column in columns:
        words = column.replace("_", " ")
        is_text = column in ("pair", "model", "period")
        table.add_column(words, justify="left" if is_text else "right")
    for row in rows:
        table.add_row(*(_shown(row, column) for column in columns))
    return table


def _shown(row: Mapping[str, Any], column: str) -> str:
    value = row[column]
    if value is None:
        return "-"
    if column in _SHARES:
        return f"{value:.1%}"
    if column == "horizon":
        return f"{value} s"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
