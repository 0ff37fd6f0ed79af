"""`cryptoviz migrate`: bring the database to this version's schema, and say what was done."""

from __future__ import annotations

import asyncio

import click

from cryptoviz.inspection.outcome import EXIT_CODES, settled
from cryptoviz.timescale.failures import sentence
from cryptoviz.timescale.migrate import (
    LOCK_TIMEOUT_S,
    STATEMENT_TIMEOUT_S,
    MigrationError,
    Report,
)
from cryptoviz.timescale.migrate import migrate as apply

EPILOG = (
    """\b
Examples:
  cryptoviz migrate
      bring the database of TIMESCALE_DSN to this version
  cryptoviz migrate --dsn postgresql://127.0.0.1/crypto --no-extension
      another one, as plain PostgreSQL
\b

"""
    + EXIT_CODES
)


@click.command(epilog=EPILOG)
@click.option(
    "--dsn", help="postgresql:// URL of the database.  [default: the setting TIMESCALE_DSN]"
)
@click.option(
    "--no-extension", is_flag=True, help="Do not use TimescaleDB though the server has it."
)
@click.option(
    "--statement-timeout",
    default=STATEMENT_TIMEOUT_S,
    show_default=True,
    type=click.FloatRange(min=0.001),
    help="Seconds that one statement may take.",
)
@click.option(
    "--lock-timeout",
    default=LOCK_TIMEOUT_S,
    show_default=True,
    type=click.FloatRange(min=0.001),
    help="Seconds to wait for other users of a table.",
)
def migrate(
    dsn: str | None, no_extension: bool, statement_timeout: float, lock_timeout: float
) -> None:
    """Bring the TimescaleDB or PostgreSQL database to this version's schema."""
    for line in _migrated(dsn, not no_extension, statement_timeout, lock_timeout).sentences():
        click.echo(line)


def _migrated(
    dsn: str | None, extension: bool, statement_timeout_s: float, lock_timeout_s: float
) -> Report:
    settings = settled()
    dsn = dsn or settings.timescale_dsn
    if dsn is None:
        raise click.UsageError("TIMESCALE_DSN is not set; give it, or --dsn.")
    try:
        return asyncio.run(
            apply(
                dsn,
                retention_days=settings.timescale_retention_days,
                extension=extension,
                statement_timeout_s=statement_timeout_s,
                lock_timeout_s=lock_timeout_s,
                patience_s=0,
            )
        )
    except MigrationError as error:
        raise click.ClickException(f"{error}.") from None
    except Exception as error:
        raise click.ClickException(f"The database was not migrated: {sentence(error)}.") from error
