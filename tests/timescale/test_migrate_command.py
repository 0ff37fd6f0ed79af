"""`cryptoviz migrate` says what it did, or what stands in its way."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cryptoviz.commands.migrate import migrate as command
from cryptoviz.timescale.migrate import Report


def test_the_command_says_what_it_did(schema: str) -> None:
    first = CliRunner().invoke(command, ["--dsn", schema])
    second = CliRunner().invoke(command, ["--dsn", schema])

    assert first.exit_code == 0, first.output
    assert "Applied 0001_tables.sql." in first.output
    assert second.output.endswith("Nothing had to be changed.\n")


def test_the_command_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIMESCALE_DSN", raising=False)

    result = CliRunner().invoke(command, [])

    assert result.exit_code == 2
    assert "TIMESCALE_DSN is not set" in result.output


def test_the_command_says_why_a_database_cannot_be_reached() -> None:
    result = CliRunner().invoke(command, ["--dsn", "postgresql://x@127.0.0.1:1/x"])

    assert result.exit_code == 1
    assert "was not migrated: ConnectionRefusedError" in result.output


def test_a_report_reads_as_sentences() -> None:
    report = Report(server="timescaledb", applied=["0001_tables.sql"], notes=["A note."])

    assert report.sentences() == [
        "The schema is for TimescaleDB.",
        "A note.",
        "Applied 0001_tables.sql.",
    ]
