"""Finds a Chromium for the browser tests, or installs Debian's."""

import functools
import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# As root it must give up its sandbox; the rest keeps it from talking to anybody but the worker.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Another installation may be under way.
_WAIT = "DPkg::Lock::Timeout=120"
APT = (
    ("apt-get", "update", "--quiet"),
    ("apt-get", "-o", _WAIT, "install", "--yes", "--quiet", "--no-install-recommends", "chromium"),
)


@functools.cache
def chromium_path():
    """Return where a Chromium is: CHROMIUM, one on the PATH, or Debian's package, installed now."""
    if given := os.environ.get("CHROMIUM"):
        return given
    if (found := _found()) is not None:
        return found
    can_install = shutil.which("apt-get") and os.geteuid() == 0
    assert can_install, "The browser tests need Chromium: on the PATH, or named by CHROMIUM."
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in APT:
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
        assert done.returncode == 0, f"{' '.join(command)} failed: {done.stderr[-2000:]}"
    found = _found()
    assert found is not None, "The package chromium brought no program of that name."
    return found


def _found():
    return next((path for name in NAMES if (path := shutil.which(name))), None)
