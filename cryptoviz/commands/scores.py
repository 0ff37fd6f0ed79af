"""`cryptoviz scores`: how good the predictions of a running worker's models turned out.

With --sentiment: whether listening to the news made them better.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import click
from rich.console import Console
from rich.table import Table

from cryptoviz.prediction.scoring import PERIOD_HOURS
from cryptoviz.settings import SettingsError, load

TIMEOUT_S = 10.0
COLUMNS: tuple[str, ...] = (
    "pair", "model", "horizon", "period", "count", "mae", "mape", "bias", "coverage",
    "mean_width", "interval_score", "skill", "direction_accuracy",
)  # fmt: skip
SENTIMENT_COLUMNS: tuple[str, ...] = ("pair", "horizon", "hours", "skill", "standard_error")
_SHARES = ("coverage", "skill", "direction_accuracy", "standard_error")


@click.command()
@click.argument("pair", required=False)
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
        rows, columns = (
            _skills(_ask(url or _worker(), "sentiment_skill", crypto)),
            SENTIMENT_COLUMNS,
        )
    else:
        rows, columns = _rows(_ask(url or _worker(), "scores", pair)), COLUMNS
    found = [
        row
        for row in rows
        if all(value is None or row[name] == value for name, value in wanted.items())
    ]
    if not sys.stdout.isatty():
        for row in found:
            click.echo(json.dumps(row))
    elif found:
        Console().print(_table(found, columns))
    else:
        click.echo("There are no scores yet: no predicted time has come.")


def _worker() -> str:
    try:
        settings = load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    return f"http://{settings.web_host}:{settings.web_port}"


def _ask(url: str, table: str, key: str | None) -> Any:
    path = f"/live/{table}/" + (f"{quote(key, safe='')}/" if key else "")
    if not url.startswith(("http://", "https://")):
        raise click.UsageError(f"--url must begin with http:// or https://, was {url!r}.")
    try:
        with urllib.request.urlopen(url.rstrip("/") + path, timeout=TIMEOUT_S) as answer:  # noqa: S310 (the scheme is checked above)
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise click.ClickException(_detail(error)) from None
    except (OSError, ValueError) as error:
        raise click.ClickException(f"No worker answers at {url}: {error}.") from None


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"The worker answered {error.code} {error.reason}."


def _rows(answer: Any) -> Iterator[dict[str, Any]]:
    for row in sorted(answer["rows"], key=lambda row: str(row["pair"])):
        for score in row["scores"]:
            yield {"pair": row["pair"], "as_of": row["as_of"], **score}


def _skills(answer: Any) -> Iterator[dict[str, Any]]:
    for row in sorted(answer["rows"], key=lambda row: str(row["pair"])):
        for skill in row["horizons"]:
            yield {"pair": row["pair"], "as_of": row["as_of"], **skill}


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
