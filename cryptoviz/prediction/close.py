"""What predictions read of a price window."""

from __future__ import annotations

import msgspec


class Close(msgspec.Struct, kw_only=True, gc=False):
    """One emission of a price window of *pair*, as far as predictions read it.

    Prices are in quote currency, times in Unix seconds; cryptoviz.price.PriceWindow says more.
    """

    pair: str
    window_start: int
    window_end: int
    revision: int
    final: bool
    first: float
    last: float
    mean: float
    std: float
    min: float
    max: float
    offsets: dict[str, int]

    @property
    def size_s(self) -> int:
        """The window's size."""
        return self.window_end - self.window_start

    def supersedes(self, other: Close | None) -> bool:
        """Return whether this emission says more of the window than *other* did."""
        return other is None or (self.revision, self.final) > (other.revision, other.final)
