"""When the price that was predicted is known."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cryptoviz.prediction.close import Close


class Outcomes(msgspec.Struct, gc=False):
    """The times that are predicted for, and the final windows that say what came.

    The actual price at a time is the last one of the final window that ends there. In a gap it
    is that of the window before: the pair's last price did not change.

    *expected* maps a time to the horizons that predict it and whose outcome was not told yet,
    *unlearnt* to those that nothing was learnt from. *finals* maps the end of a final window to
    its last price, from *kept_since* on, as far back as it may still be asked for. *unfinished*
    are the ends of windows that were seen, but not final yet. Windows of one pair may become
    final in any order: those that a batch touched are told before those that it only closed.
    """

    expected: dict[int, list[int]] = msgspec.field(default_factory=dict)
    unlearnt: dict[int, list[int]] = msgspec.field(default_factory=dict)
    finals: dict[int, float] = msgspec.field(default_factory=dict)
    unfinished: dict[int, bool] = msgspec.field(default_factory=dict)
    kept_since: int = 0

    def expect(self, target: int, horizon: int) -> None:
        """Note that *target* is predicted by *horizon* seconds."""
        for waiting in (self.expected, self.unlearnt):
            horizons = waiting.setdefault(target, [])
            if horizon not in horizons:
                horizons.append(horizon)

    def note(self, close: Close) -> None:
        """Fold an emission. What comes after a window was final changes no outcome."""
        end = close.window_end
        if end in self.finals or end < self.kept_since:
            return
        if close.final:
            self.unfinished.pop(end, None)
            self.finals[end] = close.last
        else:
            self.unfinished[end] = True

    def are_final(self, until: int) -> bool:
        """Return whether every window seen that ends at or before *until* is final."""
        return all(end > until for end in self.unfinished)

    def tell(self) -> Iterator[tuple[int, int, float]]:
        """Yield each (target, horizon, actual price) that is known now and was not told yet."""
        newest = max(self.finals, default=0)
        # A window before it that is still open may turn out to be the last one before it.
        yield from self._take(self.expected, newest)
        self._forget()

    def learn(self, until: int) -> Iterator[tuple[int, int, float]]:
        """Yield each (target, horizon, actual price) up to *until* that was not learnt yet."""
        yield from self._take(self.unlearnt, until)

    def _take(self, waiting: dict[int, list[int]], until: int) -> Iterator[tuple[int, int, float]]:
        for target in sorted(target for target in waiting if target <= until):
            price = self._price_at(target)
            if price is not None and self.are_final(target):
                for horizon in waiting.pop(target):
                    yield target, horizon, price

    def _price_at(self, target: int) -> float | None:
        before = [end for end in self.finals if end <= target]
        return self.finals[max(before)] if before else None

    def _forget(self) -> None:
        """Drop the final windows that no time can ask for any more."""
        asked = [*self.expected, *self.unlearnt, *self.unfinished]
        oldest = min(asked, default=max(self.finals, default=0))
        kept = max((end for end in self.finals if end <= oldest), default=0)
        for end in [end for end in self.finals if end < kept]:
            del self.finals[end]
        self.kept_since = max(self.kept_since, kept)
