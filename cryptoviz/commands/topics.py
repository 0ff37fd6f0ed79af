"""`cryptoviz topics`: the topics that the application needs, those that are there, and the rest."""

from __future__ import annotations

import click
import msgspec

from cryptoviz.inspection.outcome import EXIT_CODES, No, run, said, settled
from cryptoviz.inspection.printing import Form, form_option, print_lines
from cryptoviz.inspection.topic_state import COLUMNS, states
from cryptoviz.provision import ProvisionError, TopicSpec, ensure
from cryptoviz.settings import Settings

EPILOG = (
    """\b
Examples:
  cryptoviz topics
      every topic: partitions, what is kept, what is missing or wrong
  cryptoviz topics --create
      make the missing ones, then show all
  cryptoviz topics --format jsonl | jq -r 'select(.state != "ok") | .topic'
      those that are not as they should be
\b

"""
    + EXIT_CODES
)


@click.command(epilog=EPILOG)
@click.option("--create", is_flag=True, help="Make the missing topics.")
@form_option
def topics(create: bool, form: Form | None) -> None:
    """Show what topics there are, how they are kept, and what is missing or does not fit.

    TOPIC_PARTITIONS, KAFKA_REPLICATION_FACTOR and CRYPTOVIZ_ID say what is needed. A topic is
    never deleted, and its partitions are never changed.
    """
    settings, specs = settled(), _specs()
    if create:
        _create(specs, settings)
    found = run(lambda: states(specs, settings))
    print_lines((msgspec.structs.asdict(each) for each in found), COLUMNS, form)
    wrong = [each for each in found if each.state != "ok"]
    if wrong:
        missing = sum(each.state == "missing" for each in wrong)
        advice = "; `cryptoviz topics --create` makes the missing ones" if missing else ""
        raise No(f"{missing} topics are missing, {len(wrong) - missing} do not fit{advice}.")


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
