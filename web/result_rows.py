"""What models publish as rows of history: predictions, scores, and the skill of sentiment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import orjson

from cryptoviz.feeds.cursor import Rank, WindowKey
from cryptoviz.prediction.forecast import Forecast
from cryptoviz.prediction.listening import SentimentSkill
from cryptoviz.prediction.scoring import PairScores
from cryptoviz.settings import current
from cryptoviz.timescale import results
from cryptoviz.timescale.predictions import prediction_rows, score_rows, skill_rows
from cryptoviz.timescale.results import ResultTable
from tables.sizes import label
from web.answers import encode
from web.overlay import ON_ITS_WAY, Seen

Row = dict[str, Any]
DAY = timedelta(days=1)
_forecast = msgspec.json.Decoder(Forecast).decode
_scores = msgspec.json.Decoder(PairScores).decode
_skill = msgspec.json.Decoder(SentimentSkill).decode


def final_before() -> datetime:
    """Return before which a day must have begun for its scores to change no more."""
    # The last outcomes of a day are known when its last window is final.
    return datetime.now(UTC) - DAY - timedelta(seconds=current().lateness) - ON_ITS_WAY


def of_forecast(value: bytes) -> Iterator[Row]:
    """Yield the rows of a table's forecast, one for each model."""
    forecast = _forecast(value)
    for row in prediction_rows(forecast):
        yield _named(results.PREDICTIONS, row, final=forecast.actual is not None)


def of_scores(value: bytes) -> Iterator[Row]:
    """Yield the rows of a table's scores, one for each model, horizon and period."""
    for row in score_rows(_scores(value)):
        yield _named(results.SCORES, row, final=row[0] < final_before())


def of_skill(value: bytes) -> Iterator[Row]:
    """Yield the rows of a table's skill of sentiment, one for each horizon."""
    for row in skill_rows(_skill(value)):
        yield _named(results.SENTIMENT_SKILL, row, final=row[0] < final_before())


def seen_forecasts(rows: Iterable[Row]) -> Iterator[Seen]:
    """Yield which forecasts *rows* show, but for those of which nothing can be on its way."""
    oldest = datetime.now(UTC) - timedelta(seconds=current().lateness) - ON_ITS_WAY
    for row in rows:
        target = datetime.fromisoformat(row["timestamp"])
        if target >= oldest or not row["final"]:
            subject = f"{row['pair']}:{label(row['horizon'])}"
            key = WindowKey("prediction", subject, int(target.timestamp()))
            yield Seen(key, Rank(row["revision"], False), target)


def seen_scores(rows: Iterable[Row]) -> Iterator[Seen]:
    """Yield which scores *rows* show, of days that are not over."""
    for row in rows:
        if not row["final"]:
            as_of = datetime.fromisoformat(row["as_of"])
            key = WindowKey("scores", row["pair"], int(as_of.timestamp()))
            yield Seen(key, Rank(row["revision"], False), as_of)


def seen_skills(rows: Iterable[Row]) -> Iterator[Seen]:
    """Yield which skills of sentiment *rows* show, of days that are not over."""
    for row in rows:
        if not row["final"]:
            as_of = datetime.fromisoformat(row["as_of"])
            key = WindowKey("sentiment_skill", f"{row['crypto_symbol']}|{row['pair']}", 0)
            yield Seen(key, Rank(row["revision"], False), as_of)


def _named(table: ResultTable, row: tuple[Any, ...], *, final: bool) -> Row:
    """Return *row* of *table* as history answers spell it."""
    named = dict(zip(table.columns, row, strict=True))
    spelled: Row = orjson.loads(encode({**named, "final": final}))
    return spelled
