"""What happened since this process began, counted where it happens and shown at `/metrics`."""

from __future__ import annotations

from collections import Counter

# Messages that could not become a record, by topic and code.
rejected: Counter[tuple[str, str]] = Counter()
# Words of articles that may name a crypto, `tracked` ones and `other`: not which, for there is no
# end of them.
words: Counter[str] = Counter()
# Pairs that were found in more than one partition, by topic.
misplaced: Counter[str] = Counter()
