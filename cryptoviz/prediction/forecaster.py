"""The state of one pair's predictions, folded over the emissions of its price windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, NamedTuple

import msgspec

from cryptoviz.prediction.close import Close
from cryptoviz.prediction.conformal import QuantileTracker
from cryptoviz.prediction.forecast import Forecast, Prediction, key_of
from cryptoviz.prediction.models import EwmaDrift, Holt, LastPrice, Model, MovingAverage
from cryptoviz.prediction.outcomes import Outcomes
from cryptoviz.prediction.sentiment_model import SentimentDrift
from cryptoviz.prediction.volatility import Volatility


class Mood(NamedTuple):
    """The sentiment *score* of the window that ended at *time* (Unix s)."""

    score: float
    time: int


class Terms(NamedTuple):
    """What all pairs share: how far ahead to predict (s), and what intervals shall cover.

    *lateness_s* is how long after its end a window is final.
    """

    horizons: Sequence[int]
    level: float
    lateness_s: float


class Told(NamedTuple):
    """A forecast, and whether it *came_true* just now: then its actual price is new."""

    forecast: Forecast
    came_true: bool


# Finds the forecast of a key that was made before, or the mood that was known at a time.
Recall = Callable[[bytes], Forecast | None]
MoodAt = Callable[[int], Mood | None]
# Says whether predictions of the pair are wanted now.
IsWanted = Callable[[], bool]


class Forecaster(msgspec.Struct, kw_only=True, gc=False):
    """What is known of *pair*: models, trackers, and what waits for its outcome.

    *position* is the last offset of the log that was folded; *ended_until* is the end of the
    last window that was predicted from, *reached* how far the pair's time has come, by which
    windows are over. *open* holds windows not predicted from, as they were last emitted in time.
    Predictions for times before *kept_since* have been deleted.
    """

    models: ClassVar[tuple[str, ...]] = (
        LastPrice.name,
        MovingAverage.name,
        EwmaDrift.name,
        Holt.name,
        SentimentDrift.name,
    )

    pair: str
    position: int = -1
    ended_until: int = 0
    reached: int = 0
    kept_since: int = 0
    open: dict[int, Close] = msgspec.field(default_factory=dict)
    outcomes: Outcomes = msgspec.field(default_factory=Outcomes)
    volatility: Volatility = msgspec.field(default_factory=Volatility)
    last_price: LastPrice = msgspec.field(default_factory=LastPrice)
    moving_average: MovingAverage = msgspec.field(default_factory=MovingAverage)
    ewma_drift: EwmaDrift = msgspec.field(default_factory=EwmaDrift)
    holt: Holt = msgspec.field(default_factory=Holt)
    sentiment: SentimentDrift = msgspec.field(default_factory=SentimentDrift)
    trackers: dict[str, QuantileTracker] = msgspec.field(default_factory=dict)

    def fold(
        self,
        close: Close,
        offset: int,
        terms: Terms,
        recall: Recall,
        mood_at: MoodAt,
        is_wanted: IsWanted,
    ) -> Iterator[Told]:
        """Fold the emission *close*, which is at *offset* of the log.

        Yields every forecast that is made, and again when its outcome is known; the caller must
        keep them, so that *recall* finds them. One that *recall* knows already is taken as it is:
        what was believed once is never worked out again. While it *is_wanted* no more, nothing new
        is predicted, but the models go on learning and what was predicted gets its outcome.
        """
        if offset <= self.position:
            return
        self.position = offset
        end = close.window_end
        if end > self.reached and close.supersedes(self.open.get(end)):
            self.open[end] = close
        # The pair itself shows how far its time has come; a silent one, when the window is final.
        self.reached = max(self.reached, end if close.final else close.window_start)
        self.outcomes.note(close)
        told: dict[bytes, Forecast] = {}

        def find(key: bytes) -> Forecast | None:
            return told.get(key) or recall(key)

        for forecast in self._predict_ended(terms, find, mood_at, is_wanted):
            told[forecast.key] = forecast
            yield Told(forecast, came_true=False)
        for target, horizon, actual in self.outcomes.tell():
            made = find(key_of(self.pair, target, horizon))
            # Its row may have left the retention.
            if made is not None:
                known = msgspec.structs.replace(made, actual=actual, revision=1)
                yield Told(known, came_true=True)

    def _predict_ended(
        self, terms: Terms, find: Recall, mood_at: MoodAt, is_wanted: IsWanted
    ) -> Iterator[Forecast]:
        for end in sorted(end for end in self.open if end <= self.reached):
            due = int(end - terms.lateness_s)
            # They are, or will be by the same batch. What is learnt must not depend on that, so
            # that the same prices make the same predictions, however they were cut into batches.
            if not self.outcomes.are_final(due):
                return
            close = self.open.pop(end)
            for target, horizon, actual in self.outcomes.learn(due):
                made = find(key_of(self.pair, target, horizon))
                if made is not None:
                    self._learn(made, actual, close.size_s)
            yield from self._predict(close, terms, find, mood_at, is_wanted)

    def _predict(
        self,
        close: Close,
        terms: Terms,
        recall: Recall,
        mood_at: MoodAt,
        is_wanted: IsWanted,
    ) -> Iterator[Forecast]:
        size_s = close.size_s
        steps = max(1, (close.window_end - self.ended_until) // size_s) if self.ended_until else 1
        self.ended_until = close.window_end
        self.volatility.observe(close, steps)
        for name in self.models:
            self._model(name).observe(close)
        mood = mood_at(close.window_end)
        for horizon in terms.horizons:
            forecast = recall(key_of(self.pair, close.window_end + horizon, horizon))
            if forecast is None and is_wanted():
                forecast = self._forecast(close, horizon, terms.level, mood)
            if forecast is not None:
                self.outcomes.expect(close.window_end + horizon, horizon)
                yield forecast

    def _forecast(self, close: Close, horizon: int, level: float, mood: Mood | None) -> Forecast:
        steps = horizon // close.size_s
        signal = 0.0 if mood is None else mood.score - 0.5
        unit = self.volatility.over(steps)
        predictions = []
        for name in self.models:
            price, deviation = self._model(name).outlook(steps, self.volatility, signal)
            half = price * unit * self._tracker(name, horizon, level).multiplier
            predictions.append(
                Prediction(
                    name, price, price - half, price + half, price - deviation, price + deviation
                )
            )
        return Forecast(
            pair=self.pair,
            target_time=close.window_end + horizon,
            horizon=horizon,
            level=level,
            made_at=close.window_end,
            window_start=close.window_start,
            window_end=close.window_end,
            window_revision=close.revision,
            offsets=close.offsets,
            price=close.last,
            mood=None if mood is None else mood.score,
            mood_time=None if mood is None else mood.time,
            predictions=predictions,
        )

    def _learn(self, forecast: Forecast, actual: float, size_s: int) -> None:
        for one in forecast.predictions:
            tracker = self._tracker(one.model, forecast.horizon, forecast.level)
            tracker.learn(not one.low <= actual <= one.high, forecast.level)
        base = forecast.of(SentimentDrift.base)
        if base is not None:
            steps = forecast.horizon // size_s
            self.sentiment.learn(steps, forecast.signal, base.price, actual)

    def _model(self, name: str) -> Model:
        model: Model = getattr(self, name)
        return model

    def _tracker(self, model: str, horizon: int, level: float) -> QuantileTracker:
        key = f"{model}|{horizon}"
        if key not in self.trackers:
            self.trackers[key] = QuantileTracker.of(level)
        return self.trackers[key]
