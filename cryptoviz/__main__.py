"""The `cryptoviz` command: Faust's commands for the stream app, and this project's own."""

from __future__ import annotations

import sys

from faust.cli.faust import cli

from cryptoviz.commands.dead_letters import dead_letters
from cryptoviz.commands.explain import explain
from cryptoviz.commands.inspect import inspect
from cryptoviz.commands.migrate import migrate
from cryptoviz.commands.replay import replay
from cryptoviz.commands.scores import scores
from cryptoviz.commands.simulate import simulate
from cryptoviz.commands.topics import topics

OWN_COMMANDS = (dead_letters, explain, inspect, migrate, replay, scores, simulate, topics)


def main() -> None:
    """Run the command line; Faust's commands get the stream app unless told another."""
    for command in OWN_COMMANDS:
        cli.add_command(command)
    own = {command.name for command in OWN_COMMANDS}
    words = sys.argv[1:]
    named = next((word for word in words if word in cli.commands), None)
    # Importing the app reads the settings and every agent, which our own commands do without.
    if named not in own and not any(word in ("-A", "--app") for word in words):
        sys.argv[1:1] = ["-A", "cryptoviz.app"]
    cli(prog_name="cryptoviz")


if __name__ == "__main__":
    main()
