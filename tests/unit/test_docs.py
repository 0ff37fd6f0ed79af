"""The documents say what is there: links, targets, variables and paths exist."""

import json
import re
from pathlib import Path

import pytest

from cryptoviz.environment import SECRET_FIELDS
from cryptoviz.records import Alert, Article, Code, Rules, Ticker, Trade, decoder_for
from cryptoviz.settings import Settings
from tests.reading import Raw

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
README = ROOT / "README.md"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
INPUTS = ROOT / "docs" / "inputs.md"
PACKAGES = ("agents", "cryptoviz", "sql", "tables", "web")

LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)[^)]*\)")
TARGET = re.compile(r"(?:`|^)make ([a-z]+)", re.M)
# Every variable of this project has an underscore in its name.
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
# Code in backticks that looks like a path of this repository.
NAMED_PATH = re.compile(rf"`((?:{'|'.join((*PACKAGES, 'tests', 'docs', 'benchmarks'))})/[\w./-]*)`")
# Where packages and images come from is for each machine to say.
HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
REGISTRIES = {"ghcr", "maven", "npmjs", "pypi", "pythonhosted", "quay", "registry"}

every_page = pytest.mark.parametrize(
    "page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES]
)


def directories():
    for package in PACKAGES:
        yield package
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_dir() and any(path.glob("*.py")) | any(path.glob("*.sql")):
                yield str(path.relative_to(ROOT))


@every_page
def test_a_relative_link_leads_somewhere(page):
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]

    assert not broken


@every_page
def test_a_make_target_that_is_named_exists(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))

    assert set(TARGET.findall(page.read_text())) <= targets


def test_a_variable_that_the_readme_names_is_a_setting_or_the_compose_files():
    settings = {field.upper() for field in Settings.model_fields}
    settings |= {f"{field.upper()}_FILE" for field in SECRET_FIELDS}
    compose = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))

    assert set(VARIABLE.findall(README.read_text())) <= settings | compose


def test_the_messages_on_the_page_of_inputs_are_records():
    (block,) = re.findall(r"```json\n(.*?)```", INPUTS.read_text(), re.S)
    rest, found = block.strip(), []
    while rest:
        message, end = json.JSONDecoder().raw_decode(rest)
        found.append(json.dumps(message).encode())
        rest = rest[end:].strip()

    for kind, value in zip((Ticker, Trade, Article, Alert), found, strict=True):
        decoded = decoder_for(kind, Rules())([Raw(value, 1_795_519_321_000)])
        assert decoded.rejected == []


def test_the_page_of_inputs_has_every_code_of_a_dead_letter():
    named = re.findall(r"^\| `(\w+)` \|", INPUTS.read_text().partition("| code |")[2], re.M)

    assert named == [*map(str, Code), "database"]


def test_a_path_that_the_architecture_names_exists():
    named = NAMED_PATH.findall(ARCHITECTURE.read_text())

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_architecture_names_every_directory_of_the_packages():
    text = ARCHITECTURE.read_text()

    assert [path for path in directories() if f"`{path}/`" not in text] == []


@pytest.mark.parametrize(
    "path",
    [*PAGES, *(ROOT / name for name in ("docker-compose.yml", "Dockerfile", "Makefile"))],
    ids=lambda path: path.name,
)
def test_no_registry_is_named(path):
    hosts = HOST.findall(path.read_text())

    assert [host for host in hosts if REGISTRIES & set(host.split("."))] == []


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))
