"""`python -m cryptoviz.contract` writes docs/schemas/, unless that would break a reader."""

from __future__ import annotations

import sys

from cryptoviz.contract.current import current
from cryptoviz.contract.snapshot import broken, committed, write
from cryptoviz.topics import CONTRACT_VERSION


def main() -> int:
    """Write the schemas; return 1 if a change needs a higher version."""
    new = current()
    if found := broken(committed(), new):
        sys.stderr.write("\n".join(found) + "\n")
        sys.stderr.write(
            f"Readers of version {CONTRACT_VERSION} would break: raise CONTRACT_VERSION in "
            "cryptoviz/topics.py, and say in docs/changelogs.md what changed.\n"
        )
        return 1
    write(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
