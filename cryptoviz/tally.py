"""What happened since this process began, counted where it happens and shown at `/metrics`."""

from __future__ import annotations

from collections import Counter

# Messages that could not become a record, by topic and code.
rejected: Counter[tuple[str, str]] = Counter()
