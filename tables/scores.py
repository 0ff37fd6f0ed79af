"""The tables of scores: what a pair's models are worth, and the hours that this is summed from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.prediction.forecast import Forecast
from cryptoviz.prediction.ledger import Hour, Ledger
from cryptoviz.prediction.scoring import HOUR_S, PERIOD_HOURS, PairScores
from cryptoviz.settings import current
from cryptoviz.window import encode_key
from tables import sentiment_skill
from tables.prices import USUAL_S
from tables.rows import Rows
from tables.sizes import table_name

_size_s = current().price_size

rows = Rows(
    app,
    table_name("scores", _size_s, USUAL_S),
    help="How good each model is for a pair, over 24 hours and 7 days.",
)
hours = Rows(
    app,
    table_name("score_hours", _size_s, USUAL_S),
    help="Exact sums of the outcomes of each pair's hour, of which scores are made.",
)

# An hour is dropped when it has left the longest period. After a silence of more than a day
# some hours stay; each is one small row.
_DROPPED_HOURS = range(max(PERIOD_HOURS.values()) + 1, max(PERIOD_HOURS.values()) + 25)

_decode_hour = msgspec.json.Decoder(Hour).decode
_decode_scores = msgspec.json.Decoder(PairScores).decode
_encode = msgspec.json.Encoder().encode
_ledgers: dict[tuple[int, str], Ledger] = {}


def update(partition: int, outcomes: Iterable[tuple[int, Forecast]]) -> None:
    """Fold outcomes, each with the offset of the record that told it; write what they change.

    Each pair's scores are written and sent once. What a row holds already is not counted again.
    """
    by_pair: dict[str, dict[int, list[Forecast]]] = {}
    for offset, forecast in outcomes:
        by_pair.setdefault(forecast.pair, {}).setdefault(offset, []).append(forecast)
    for pair, by_offset in by_pair.items():
        ledger = _ledger(partition, pair, next(iter(by_offset.values()))[0].target_time)
        for offset, forecasts in by_offset.items():
            for hour in ledger.fold(forecasts, offset):
                _write_hour(partition, hour)
        scores = ledger.scores()
        value = _encode(scores)
        rows.write(partition, pair.encode(), value)
        app.put(topics.SCORES, partition, encode_key(pair, scores.as_of), value)
        if ledger.has_new_hour():
            sentiment_skill.write(partition, scores, ledger.errors)


def _write_hour(partition: int, hour: Hour) -> None:
    is_new = hours.read(partition, hour.key) is None
    hours.write(partition, hour.key, _encode(hour))
    if is_new:
        for count in _DROPPED_HOURS:
            key = encode_key(hour.pair, hour.start - count * HOUR_S)
            if hours.read(partition, key) is not None:
                hours.delete(partition, key)


def _ledger(partition: int, pair: str, target_time: int) -> Ledger:
    ledger = _ledgers.get((partition, pair))
    if ledger is None:
        stored = rows.read(partition, pair.encode())
        newest = target_time if stored is None else _decode_scores(stored).as_of

        def read(start: int) -> Hour | None:
            value = hours.read(partition, encode_key(pair, start))
            return None if value is None else _decode_hour(value)

        ledger = _ledgers[partition, pair] = Ledger(pair, read, newest)
    return ledger


@app.on_partitions_revoked.connect
async def _forget(*_: Any, **__: Any) -> None:
    _ledgers.clear()
