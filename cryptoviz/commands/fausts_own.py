"""Faust's own commands as `cryptoviz` offers them: those that have a use here, with examples."""

from __future__ import annotations

import click

from cryptoviz.inspection.outcome import EXIT_CODES

EXAMPLES = {
    "agents": "cryptoviz agents\n      what reads which topic, and what for",
    "clean-versions": "cryptoviz clean-versions\n      drop what older versions left in "
    "CRYPTOVIZ_DATA_DIR",
    "reset": "cryptoviz reset\n      drop the RocksDB files of a stopped worker; it rebuilds them "
    "from the changelogs",
    "tables": "cryptoviz tables\n      what each table holds",
    "worker": "cryptoviz worker -l info\n      run the application with the settings of the "
    "environment",
}
HELP = """Run CRYPTO VIZ, look at what it has, and feed it.

Settings come from the environment. Options here are Faust's, for its commands; of the others only
--debug means something to them: with it an error that nobody foresaw is shown with its place.
"""
EPILOG = f"""\b
Examples:
  cryptoviz worker -l info
      run the application
  cryptoviz inspect candles --window latest
      the newest candle of each pair
  cryptoviz COMMAND --help
      what a command does, with examples
\b

{EXIT_CODES}"""
# What they print ends with its reader; Faust would show a traceback.
LISTING = frozenset(EXAMPLES) - {"worker"}


def adopt(group: click.Group) -> None:
    """Keep of *group* the commands that have a use here, and give it and each an example.

    There are no models and no live checks; messages are sent by `simulate` and `replay`, and
    shells complete without a command of their own (docs/cli.md).
    """
    group.help, group.epilog = HELP, EPILOG
    for name in list(group.commands):
        if name in EXAMPLES:
            group.commands[name].epilog = f"\b\nExamples:\n  {EXAMPLES[name]}\n\b\n\n{EXIT_CODES}"
        else:
            del group.commands[name]
