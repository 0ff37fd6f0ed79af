"""How a command for looking ends: exit codes, and sentences in place of tracebacks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

from cryptoviz.environment import SettingsError
from cryptoviz.settings import Settings, load

FAILED = 1
USAGE = 2
NO = 3

EXIT_CODES = f"""\b
Exit codes:
  0  done
  {FAILED}  something did not answer or refused; standard error says what, unless it
     was the reader of a pipe, which went away
  {USAGE}  the command line is wrong
  {NO}  the answer is no: not there, missing or not equal
"""

T = TypeVar("T")


class No(click.ClickException):
    """What was asked for is not there, or not so."""

    exit_code = NO


def settled() -> Settings:
    """Return the settings; wrong ones end the command with a sentence for each."""
    try:
        return load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


def run(ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run *ask* in an event loop of its own and return its result."""
    # Clients log, in several lines, what the exceptions that end a command say in one.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return asyncio.run(ask())


def said(sentence: str) -> None:
    """Say *sentence* on standard error, where it is in nobody's way."""
    click.echo(sentence, err=True)
