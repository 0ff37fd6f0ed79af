"""The outcomes of a pair by hour, and what they add up to over a day and a week."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from cryptoviz.prediction.forecast import Forecast
from cryptoviz.prediction.models import LastPrice
from cryptoviz.prediction.scoring import HOUR_S, PERIOD_HOURS, PairScores, score
from cryptoviz.prediction.sentiment_model import SentimentDrift
from cryptoviz.prediction.sums import Sums, sums_of
from cryptoviz.window import encode_key

SumsByModel = dict[tuple[int, str], Sums]


class Hour(msgspec.Struct, kw_only=True, gc=False):
    """The outcomes of *pair* whose time lies in the hour from *start* (Unix s) on.

    *position* is the last offset of the log that was folded, *newest* the newest time among the
    outcomes. *sums* maps ``horizon|model`` to `Sums` as text.
    """

    pair: str
    start: int
    position: int = -1
    newest: int = 0
    sums: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def key(self) -> bytes:
        """The key of the row, such as ``BTC/USD|1764309600``."""
        return encode_key(self.pair, self.start)

    def decoded(self) -> SumsByModel:
        """Return the sums by horizon and model."""
        result: SumsByModel = {}
        for name, text in self.sums.items():
            horizon, _, model = name.partition("|")
            result[int(horizon), model] = Sums.from_text(text)
        return result

    def encode(self, sums: SumsByModel) -> None:
        """Take over *sums*."""
        self.sums = {f"{horizon}|{model}": one.as_text() for (horizon, model), one in sums.items()}


class Ledger:
    """What a worker remembers of a pair's outcomes, all of it rebuilt from the rows of its hours.

    *read* returns the row of an hour, None where there was no outcome. *newest* is a time (Unix
    s) up to which the rows are known to go, or any time of the pair's.
    """

    def __init__(self, pair: str, read: Callable[[int], Hour | None], newest: int) -> None:
        self.pair = pair
        # The errors of each hour of the longest period, by horizon: (base, sentiment).
        self.errors: dict[int, dict[int, tuple[int, int]]] = {}
        self._read = read
        self._newest = self._position = self._told_hour = 0
        self._newest_hour = _hour_of(newest) - HOUR_S
        self._totals: dict[str, SumsByModel] = {period: {} for period in PERIOD_HOURS}
        for start in self._starts(max(PERIOD_HOURS.values())):
            self._enter(start, self._periods_of(start))
        self._advance(_hour_of(newest))

    def fold(self, forecasts: Iterable[Forecast], position: int) -> list[Hour]:
        """Fold outcomes that became known by the record at *position*; return the rows to write.

        An hour that has folded that record before, or a later one, is returned as it is.
        """
        by_hour: dict[int, list[Forecast]] = {}
        for forecast in forecasts:
            by_hour.setdefault(_hour_of(forecast.target_time), []).append(forecast)
        rows = []
        for start, known in by_hour.items():
            self._advance(start)
            row = self._read(start) or Hour(pair=self.pair, start=start)
            if row.position < position:
                self._take(row, known, position)
            rows.append(row)
        return rows

    def scores(self) -> PairScores:
        """Return the scores of every model and horizon over every period."""
        scores = []
        for period, totals in self._totals.items():
            since = self._starts(PERIOD_HOURS[period]).start
            for (horizon, model), sums in sorted(totals.items()):
                if sums.count:
                    reference = totals.get((horizon, LastPrice.name))
                    scores.append(score(model, horizon, period, since, sums, reference))
        return PairScores(
            pair=self.pair, as_of=self._newest, revision=self._position, scores=scores
        )

    def has_new_hour(self) -> bool:
        """Return whether the newest hour is another than when this was last asked."""
        is_new, self._told_hour = self._told_hour != self._newest_hour, self._newest_hour
        return is_new

    def _take(self, row: Hour, forecasts: Iterable[Forecast], position: int) -> None:
        sums = row.decoded()
        for forecast in forecasts:
            row.newest = max(row.newest, forecast.target_time)
            terms = {(forecast.horizon, name): one for name, one in sums_of(forecast).items()}
            _add(sums, terms)
            for period in self._periods_of(row.start):
                _add(self._totals[period], terms)
        row.position = position
        row.encode(sums)
        self._note(row, sums)

    def _note(self, row: Hour, sums: SumsByModel) -> None:
        self._newest = max(self._newest, row.newest)
        self._position = max(self._position, row.position)
        if self._periods_of(row.start):
            self.errors[row.start] = {
                horizon: (sums[horizon, SentimentDrift.base].error, one.error)
                for (horizon, model), one in sums.items()
                if model == SentimentDrift.name and (horizon, SentimentDrift.base) in sums
            }

    def _advance(self, start: int) -> None:
        """Make *start* the newest hour, unless it is older; hours that fall out are taken out."""
        longest = max(PERIOD_HOURS.values()) * HOUR_S
        if start - self._newest_hour > longest:
            # All of it falls out, however long the pair was silent.
            self.errors.clear()
            self._totals = {period: {} for period in PERIOD_HOURS}
            self._newest_hour = start - HOUR_S
        while self._newest_hour < start:
            for period, count in PERIOD_HOURS.items():
                oldest = self._read(self._starts(count).start)
                if oldest is not None:
                    _add(self._totals[period], oldest.decoded(), sign=-1)
            self._newest_hour += HOUR_S
            self.errors.pop(self._newest_hour - longest, None)
            self._enter(self._newest_hour, PERIOD_HOURS)

    def _enter(self, start: int, periods: Iterable[str]) -> None:
        """Take over the row of an hour, if there is one."""
        row = self._read(start)
        if row is not None:
            sums = row.decoded()
            self._note(row, sums)
            for period in periods:
                _add(self._totals[period], sums)

    def _periods_of(self, start: int) -> list[str]:
        return [name for name, count in PERIOD_HOURS.items() if start in self._starts(count)]

    def _starts(self, count: int) -> range:
        end = self._newest_hour + HOUR_S
        return range(end - count * HOUR_S, end, HOUR_S)


def _hour_of(time_s: int) -> int:
    return time_s // HOUR_S * HOUR_S


def _add(totals: SumsByModel, sums: SumsByModel, sign: int = 1) -> None:
    for key, one in sums.items():
        totals.setdefault(key, Sums()).add(one, sign)
