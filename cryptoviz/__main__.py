"""The `cryptoviz` command: Faust's commands for the stream app, and this project's own."""

from __future__ import annotations

import signal
import sys

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

OWN_COMMANDS = (dead_letters, explain, inspect, migrate, replay, scores, simulate, topics)

fausts_own.adopt(cli)
for _command in OWN_COMMANDS:
    cli.add_command(_command)


def main() -> None:
    """Run the command line; Faust's commands get the stream app unless told another."""
    own = {command.name for command in OWN_COMMANDS}
    words = sys.argv[1:]
    named = next((word for word in words if word in cli.commands), None)
    # Importing the app reads the settings and every agent, which our own commands do without.
    if named not in own and not any(word in ("-A", "--app") for word in words):
        sys.argv[1:1] = ["-A", "cryptoviz.app"]
    if named in fausts_own.LISTING:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        cli(prog_name="cryptoviz")
    except ModuleNotFoundError as error:
        if error.name is None or error.name not in words:
            raise
        raise SystemExit(f"There is no module {error.name!r}, which --app names.") from None


if __name__ == "__main__":
    main()
