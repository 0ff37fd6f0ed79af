"""`python -m cryptoviz.contract` writes docs/schemas/, unless that would break a reader."""

from __future__ import annotations

import sys

from cryptoviz.contract import VERSION
from cryptoviz.contract.current import current
from cryptoviz.contract.snapshot import broken, committed, write


def main() -> int:
    """Write the schemas; return 1 if a change needs a higher version."""
    new = current()
    if found := broken(committed(), new):
        sys.stderr.write("\n".join(found) + "\n")
        sys.stderr.write(
            f"Readers of version {VERSION} would break: raise VERSION in cryptoviz/contract, and "
            "say in docs/changelogs.md what changed.\n"
        )
        return 1
    write(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
