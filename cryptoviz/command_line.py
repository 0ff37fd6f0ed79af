"""The `cryptoviz` command: Faust's commands for the stream app, and this project's own."""

from __future__ import annotations

import signal
import sys
import traceback
from typing import NoReturn

import click
from faust.cli.base import State
from faust.cli.faust import cli

from cryptoviz.commands import fausts_own
from cryptoviz.commands.dead_letters import dead_letters
from cryptoviz.commands.explain import explain
from cryptoviz.commands.inspect import inspect
from cryptoviz.commands.migrate import migrate
from cryptoviz.commands.replay import replay
from cryptoviz.commands.scores import scores
from cryptoviz.commands.simulate import simulate
from cryptoviz.commands.topics import topics
from cryptoviz.inspection.outcome import FAILED, USAGE

OWN_COMMANDS = (dead_letters, explain, inspect, migrate, replay, scores, simulate, topics)
STREAM_APP = "cryptoviz.app"

fausts_own.adopt(cli)
for _command in OWN_COMMANDS:
    cli.add_command(_command)


def main() -> None:
    """Run the command line; Faust's commands get the stream app unless told another.

    What no command has foreseen is a sentence too; with --debug it is a traceback.
    """
    named = next((word for word in sys.argv[1:] if word in cli.commands), None)
    is_own = named in {command.name for command in OWN_COMMANDS}
    # Importing the app reads the settings and every agent, which our own commands do without.
    if not is_own:
        # Of two the later counts, which is the one of whoever names another.
        sys.argv[1:1] = ["-A", STREAM_APP]
    if named in fausts_own.LISTING:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    state = State()
    try:
        cli(prog_name="cryptoviz", obj=state)
    except Exception as error:
        if state.debug:
            raise
        if state.app != STREAM_APP and _is_of_loading(error):
            _end(f"--app names no app that can be loaded, was {state.app!r}: {error}.", USAGE)
        if not is_own:
            raise
        _end(
            f"This was not foreseen: {type(error).__name__}: {error}. "
            f"`cryptoviz --debug {named}` shows where it happened.",
            FAILED,
        )


def _is_of_loading(error: Exception) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return any(frame.name == "find_app" for frame in frames)


def _end(sentence: str, code: int) -> NoReturn:
    click.echo("Error: " + " ".join(sentence.split()), err=True)
    sys.exit(code)
