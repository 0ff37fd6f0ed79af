"""What is built of the dashboard, and the tests of its pure parts; neither server nor browser."""

import gzip
import json
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from .building import BUILT, ROOT, SOURCES, build, unit_tests

MOST_SCRIPT_BYTES = 200_000
# What a wheel is made of.
PACKAGES = ("agents", "cryptoviz", "sql", "tables", "web")
DESCRIPTION = ("README.md", "pyproject.toml", "setup.cfg")


@pytest.fixture(scope="module")
def assets():
    build()
    return {path.name: path.read_bytes() for path in (BUILT.parent / "assets").iterdir()}


def test_its_pure_parts_pass_their_own_tests():
    said, passed = unit_tests()

    assert passed, said[-4_000:]


def test_its_scripts_are_small(assets):
    scripts = [body for name, body in assets.items() if name.endswith(".js")]

    assert scripts
    assert sum(len(gzip.compress(body, 9)) for body in scripts) <= MOST_SCRIPT_BYTES


def test_what_the_page_loads_is_its_own_and_named_by_its_content(assets):
    page = BUILT.read_text()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert "//" not in page.replace("<!doctype html>", "")
    assert loaded
    for address in loaded:
        folder, name = address.rsplit("/", 1)
        assert folder == "/assets"
        assert name in assets
        assert re.search(r"-[A-Za-z0-9_-]{8}\.", name)


def test_the_licences_of_what_is_bundled_are_shipped(assets):
    licences = assets["licences.txt"].decode()

    assert "TradingView Lightweight Charts" in licences
    assert "Apache License" in licences
    assert "vue 3" in licences


def test_the_lock_file_names_no_address_to_download_from():
    locked = json.loads((SOURCES / "package-lock.json").read_text())["packages"]

    assert len(locked) > 20
    assert not [name for name, package in locked.items() if "resolved" in package]
    assert all("integrity" in package for name, package in locked.items() if name)


def test_the_wheel_ships_what_is_built_and_not_its_sources(assets, tmp_path):
    # In a copy, as a build leaves files beside the sources, and takes up those of an earlier one.
    tree, wheels = tmp_path / "tree", tmp_path / "wheels"
    for package in PACKAGES:
        leave_out = shutil.ignore_patterns("node_modules", "__pycache__")
        shutil.copytree(ROOT / package, tree / package, ignore=leave_out)
    for name in DESCRIPTION:
        shutil.copy(ROOT / name, tree)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    done = subprocess.run(
        [*command, wheels, tree], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]

    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel) as shipped:
        names = set(shipped.namelist())
        page = shipped.read("web/static/index.html")

    assert page == BUILT.read_bytes()
    assert {f"web/static/assets/{name}" for name in assets} <= names
    assert not [name for name in names if name.startswith("web/ui/")]
