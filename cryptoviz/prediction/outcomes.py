"""When the price that was predicted is known."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cryptoviz.prediction.close import Close


class Outcomes(msgspec.Struct, gc=False):
    """The times that are predicted for, and the final windows that say what came.

    The actual price at a time is the last one of the final window that ends there. In a gap it
    is that of the window before: the pair's last price did not change.

    *expected* maps a time to the horizons that predict it, *finals* the end of a final window to
    its last price, from *kept_since* on, as far back as it may still be asked for. *unfinished* are
    the ends of windows that were seen, but not final yet. Windows of one pair may become final in
    any order: those that a batch touched are told before those that it only closed.
    """

    expected: dict[int, list[int]] = msgspec.field(default_factory=dict)
    finals: dict[int, float] = msgspec.field(default_factory=dict)
    unfinished: dict[int, bool] = msgspec.field(default_factory=dict)
    kept_since: int = 0

    def expect(self, target: int, horizon: int) -> None:
        """Note that *target* is predicted by *horizon* seconds."""
        horizons = self.expected.setdefault(target, [])
        if horizon not in horizons:
            horizons.append(horizon)

    def observe(self, close: Close) -> Iterator[tuple[int, int, float]]:
        """Fold an emission; yield each (target, horizon, actual price) that is known by it."""
        end = close.window_end
        if end in self.finals or end < self.kept_since:
            # It was final before: what came too late changes no outcome.
            return
        if not close.final:
            self.unfinished[end] = True
            return
        self.unfinished.pop(end, None)
        self.finals[end] = close.last
        newest = max(self.finals)
        for target in sorted(target for target in self.expected if target <= newest):
            # A window before it that is still open may turn out to be the last one before it.
            if not any(other <= target for other in self.unfinished):
                price = self._price_at(target)
                for horizon in self.expected.pop(target):
                    yield target, horizon, price
        self._forget()

    def _price_at(self, target: int) -> float:
        return self.finals[max(end for end in self.finals if end <= target)]

    def _forget(self) -> None:
        """Drop the final windows that no expected time can ask for any more."""
        oldest = min(self.expected, default=max(self.finals))
        waiting = min(self.unfinished, default=oldest)
        kept = max((end for end in self.finals if end <= min(oldest, waiting)), default=0)
        for end in [end for end in self.finals if end < kept]:
            del self.finals[end]
        self.kept_since = max(self.kept_since, kept)
