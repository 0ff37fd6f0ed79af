"""The files of `sql` keep their form."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from cryptoviz.timescale.statements import SERVERS, migrations, query, routines

QUERIES = sorted(
    file.name.removesuffix(".sql")
    for file in (resources.files("sql") / "queries").iterdir()
    if file.name.endswith(".sql")
)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_one_statement_whose_first_line_documents_its_parameters(name: str) -> None:
    first_line, _, statement = query(name).partition("\n")

    used = set(re.findall(r"\$\d+", statement))
    assert first_line.startswith("-- ")
    assert ";" not in re.sub(r"--.*|'[^']*'", "", statement)
    if "One array a column" not in first_line:
        assert used == set(re.findall(r"\$\d+", first_line))
    assert bool(used) != ("No parameters." in first_line)


@pytest.mark.parametrize("server", SERVERS)
def test_migrations_are_numbered_from_one_without_gaps_on_every_server(server: str) -> None:
    numbers = [int(script.name[:4]) for script in migrations() if script.server in (None, server)]

    assert numbers == list(range(1, len(numbers) + 1))


def test_every_routine_is_there_for_every_server() -> None:
    names = {server: set[str]() for server in SERVERS}
    for script in routines():
        for server in SERVERS:
            if script.runs_on(server):
                names[server].add(script.name.partition(".")[0])

    assert names["timescaledb"] == names["postgresql"] != set()
