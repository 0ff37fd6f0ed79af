"""`python -m cryptoviz.contract` writes docs/schemas/, unless that would break a reader."""

from __future__ import annotations

import sys
from pathlib import Path

from cryptoviz.contract.current import current
from cryptoviz.contract.snapshot import DIRECTORY, update
from cryptoviz.topics import CONTRACT_VERSION


def main(directory: Path = DIRECTORY) -> int:
    """Write the schemas; return 1 if a change needs a higher version."""
    if forbidden := update(current(), CONTRACT_VERSION, directory):
        sys.stderr.write("\n".join(forbidden) + "\n")
        sys.stderr.write(
            f"Nothing was written. If readers of version {CONTRACT_VERSION} would break: raise "
            "CONTRACT_VERSION in cryptoviz/topics.py, and say in docs/changelogs.md what changed.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
