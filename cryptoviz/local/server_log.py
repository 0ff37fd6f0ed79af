"""The log file of an embedded server."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

TAIL_LINES = 15


def fresh(path: Path) -> BinaryIO:
    """Open an empty log for writing; what the run before wrote is kept as `*.old`."""
    if path.exists():
        path.replace(path.with_name(path.name + ".old"))
    return path.open("wb")


def failure(sentence: str, path: Path) -> str:
    """Return *sentence*, followed by the path of the log and its last lines that say something."""
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    # A Java stack trace is longer than the tail; its first line holds the reason.
    lines = [line for line in lines if not line.lstrip().startswith("at ")]
    return "\n  ".join([f"{sentence} The end of {path}:", *lines[-TAIL_LINES:]])
