"""The sentiment about a crypto that was known at a time."""

from __future__ import annotations

import msgspec

from cryptoviz.prediction.forecaster import Mood

# An older sentiment says nothing any more.
MOOD_LIFE_S = 3_600
# So much of event time is kept: predictions may lag this far behind the news, in a replay.
KEPT_S = 86_400


class SentimentEmission(msgspec.Struct, gc=False):
    """What is read of a sentiment window; cryptoviz.sentiment.SentimentWindow says more."""

    crypto_symbol: str
    window_end: int
    revision: int
    score: float


class Moods(msgspec.Struct, gc=False):
    """The newest sentiment windows of *crypto_symbol*: their scores by their ends (Unix s)."""

    crypto_symbol: str
    scores: dict[int, float] = msgspec.field(default_factory=dict)

    def note(self, emission: SentimentEmission) -> bool:
        """Take over the score of a window; return whether that changed anything."""
        if self.scores.get(emission.window_end) == emission.score:
            return False
        self.scores[emission.window_end] = emission.score
        oldest = max(self.scores) - KEPT_S
        for end in [end for end in self.scores if end < oldest]:
            del self.scores[end]
        return True

    def at(self, time_s: int) -> Mood | None:
        """Return the score of the last window that had ended by *time_s*, None if that is old.

        Nothing that was written after *time_s* is in it, however far ahead the news are read.
        """
        end = max((end for end in self.scores if end <= time_s), default=None)
        if end is None or time_s - end > MOOD_LIFE_S:
            return None
        return Mood(self.scores[end], end)
