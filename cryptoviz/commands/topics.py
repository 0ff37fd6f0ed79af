"""`cryptoviz topics`: the topics that the application needs, those that are there, and the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click
import msgspec

from cryptoviz.inspection.outcome import EXIT_CODES, No, run, said, settled
from cryptoviz.inspection.printing import Form, form_option, print_lines
from cryptoviz.inspection.topic_state import COLUMNS, found, mend, plan, state_of
from cryptoviz.provision import check, ensure
from cryptoviz.settings import Settings
from cryptoviz.topic_admin import ProvisionError
from cryptoviz.topic_fit import TopicFound, TopicSpec

EPILOG = (
    """\b
Examples:
  cryptoviz topics
      every topic: partitions, what is kept, what is missing or wrong
  cryptoviz topics --create
      make the missing ones, then show all
  cryptoviz topics --mend
      set the clean-up and the retention of those that are not kept as they must be
  cryptoviz topics --format jsonl | jq -r 'select(.state != "ok") | .topic'
      those that are not as they should be
\b

"""
    + EXIT_CODES
)

T = TypeVar("T")


@click.command(epilog=EPILOG)
@click.option("--create", is_flag=True, help="Make the missing topics.")
@click.option("--mend", "mended", is_flag=True, help="Set what keeps a topic wrongly.")
@click.option(
    "--reassign",
    is_flag=True,
    help="Only print the plan for kafka-reassign-partitions.sh that adds the missing replicas.",
)
@form_option
def topics(create: bool, mended: bool, reassign: bool, form: Form | None) -> None:
    """Show what topics there are, how they are kept, and what is missing or does not fit.

    TOPIC_PARTITIONS, KAFKA_REPLICATION_FACTOR and CRYPTOVIZ_ID say what is needed. A topic is
    never deleted, its partitions are never changed, and a longer retention is left as it is.
    """
    if reassign and (create or mended or form):
        raise click.UsageError("--reassign stands alone.")
    settings, specs = settled(), _specs()
    if reassign:
        _print_plan(specs, settings)
        return
    if create:
        _create(specs, settings)
    if mended:
        changed = _asked(lambda: mend(specs, settings))
        said(f"Configured {', '.join(changed)}." if changed else "No topic was kept wrongly.")
    there = _asked(lambda: found(specs, settings))
    by_name = sorted(specs, key=lambda spec: spec.name)
    copies = settings.kafka_replication_factor
    lines = [state_of(spec, there.get(spec.name), copies) for spec in by_name]
    print_lines(map(msgspec.structs.asdict, lines), COLUMNS, form)
    _judge(specs, there, settings)


def _judge(specs: list[TopicSpec], there: dict[str, TopicFound], settings: Settings) -> None:
    missing = len(specs) - len(there)
    if missing:
        raise No(f"{missing} topics are missing; `cryptoviz topics --create` makes them.")
    try:
        check(specs, there, settings)
    except ProvisionError as error:
        raise No(str(error)) from None


def _specs() -> list[TopicSpec]:
    # Only this command needs all tables, so only this one waits for their import.
    from cryptoviz.app import app
    from cryptoviz.topics import specs

    app.discover()
    return specs()


def _create(specs: list[TopicSpec], settings: Settings) -> None:
    allowed = settings.model_copy(update={"topic_create": True})
    try:
        made = run(lambda: ensure(specs, allowed))
    except ProvisionError as error:
        # What was made before shows in the list; the rest of the sentence is for a person.
        said(f"Error: {error}")
    else:
        said(f"Made {len(made)} topics." if made else "No topic was missing.")


def _print_plan(specs: list[TopicSpec], settings: Settings) -> None:
    try:
        moved = _asked(lambda: plan(specs, settings))
    except ValueError as error:
        raise click.ClickException(f"{error}.") from None
    if not moved["partitions"]:
        raise No("No topic has too few replicas.")
    click.echo(json.dumps(moved))


def _asked(ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
    try:
        return run(ask)
    except ProvisionError as error:
        raise click.ClickException(str(error)) from None
