"""Builds the dashboard if its sources are newer than what is built."""

import contextlib
import fcntl
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "web" / "ui"
BUILT = ROOT / "web" / "static" / "index.html"
_GENERATED = {"node_modules", "tests"}


def build():
    """Bring `web/static/` up to date."""
    with _alone():
        if BUILT.is_file() and BUILT.stat().st_mtime >= max(_times()):
            return
        _install()
        _npm("run", "build")


@contextlib.contextmanager
def _alone():
    # Test runners side by side would tread on each other's packages.
    with (SOURCES / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install():
    """Install the packages of the lock file, unless they are there."""
    marker = SOURCES / "node_modules" / ".package-lock.json"
    lock = SOURCES / "package-lock.json"
    if not marker.is_file() or marker.stat().st_mtime < lock.stat().st_mtime:
        _npm("ci", "--no-audit", "--no-fund")


def unit_tests():
    """Run the tests of the dashboard's pure parts; return what they said, and whether they pass."""
    with _alone():
        _install()
    done = _run("test")
    return done.stdout + done.stderr, done.returncode == 0


def _times():
    for path in SOURCES.rglob("*"):
        if path.is_file() and not _GENERATED & set(path.relative_to(SOURCES).parts):
            yield path.stat().st_mtime


def _npm(*words):
    done = _run(*words)
    assert done.returncode == 0, (
        f"npm {words[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    )


def _run(*words):
    npm = shutil.which("npm")
    assert npm, "The dashboard's tests need Node.js 20.19 or later, with npm."
    return subprocess.run([npm, *words], cwd=SOURCES, capture_output=True, text=True, check=False)
