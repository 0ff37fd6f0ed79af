"""The tables of predictions, and of what each pair's models have learnt so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import msgspec

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.prediction.close import Close
from cryptoviz.prediction.forecast import Forecast, key_of
from cryptoviz.prediction.forecaster import Forecaster, Terms, Told
from cryptoviz.settings import current
from tables import configuration, moods
from tables.prices import USUAL_S
from tables.rows import Rows
from tables.sizes import table_name

_size_s = current().price_size
_terms = Terms(current().prediction_horizons, current().prediction_level, current().lateness)
# Until its outcome is known, a prediction is needed.
_kept_s = max(
    current().table_retention, current().lateness + max(_terms.horizons, default=0) + 2 * _size_s
)

rows = Rows(
    app,
    table_name("predictions", _size_s, USUAL_S),
    help="What each model predicted for a pair, a time and a horizon, and what came.",
)
# A row of one size of window means nothing to another.
forecasters = Rows(
    app,
    table_name("forecasters", _size_s, USUAL_S),
    help="What the models of each pair have learnt, and what they wait for.",
)

_decode = msgspec.json.Decoder(Forecast).decode
_decode_forecaster = msgspec.json.Decoder(Forecaster).decode
_encode = msgspec.json.Encoder().encode


@dataclass
class Folded:
    """What a batch of the log brought, not written yet.

    *latest* are the forecasts that are new or have their outcome now, by their keys; *outcomes*
    are the latter, by the offset of the record that told them. *values* are what was written.
    """

    partition: int
    forecasters: dict[str, Forecaster] = field(default_factory=dict)
    latest: dict[bytes, Forecast] = field(default_factory=dict)
    outcomes: list[tuple[int, Forecast]] = field(default_factory=list)
    values: dict[bytes, bytes] = field(default_factory=dict)

    def note(self, offset: int, told: Told) -> None:
        """Note a forecast that the record at *offset* brought."""
        self.latest[told.forecast.key] = told.forecast
        if told.came_true:
            self.outcomes.append((offset, told.forecast))


def fold(partition: int, closes: Sequence[Close], offsets: Sequence[int]) -> Folded:
    """Fold emissions of price windows, at *offsets* of their topic; nothing is written."""
    folded = Folded(partition)

    def recall(key: bytes) -> Forecast | None:
        return folded.latest.get(key) or _read(partition, key)

    for close, offset in zip(closes, offsets, strict=True):
        if close.size_s != _size_s:
            # Of a time when the setting was another.
            continue
        forecaster = folded.forecasters.get(close.pair)
        if forecaster is None:
            forecaster = _forecaster(partition, close.pair)
            folded.forecasters[close.pair] = forecaster
        crypto = close.pair.partition("/")[0]
        mood_at, is_wanted = partial(moods.at, crypto), partial(configuration.is_active, crypto)
        for told in forecaster.fold(close, offset, _terms, recall, mood_at, is_wanted):
            folded.note(offset, told)
    return folded


def keep(folded: Folded) -> None:
    """Write the forecasts of *folded* to their rows."""
    for key, forecast in folded.latest.items():
        folded.values[key] = _encode(forecast)
        rows.write(folded.partition, key, folded.values[key])


def publish(folded: Folded) -> None:
    """Send the forecasts that were kept to the results topic; their rows must be in Kafka.

    Of one that was made and came true within one batch, which a replay brings, the latter.
    """
    for key, value in folded.values.items():
        app.put(topics.PREDICTIONS, folded.partition, key, value)


def finish(folded: Folded) -> None:
    """Write what the models have learnt; all that they told must be in Kafka by now."""
    for pair, forecaster in folded.forecasters.items():
        for key in _expired(forecaster):
            if rows.read(folded.partition, key) is not None:
                rows.delete(folded.partition, key)
        forecasters.write(folded.partition, pair.encode(), _encode(forecaster))


def newest() -> Iterator[bytes]:
    """Yield the forecasts here whose outcome is still to come, by partition and pair."""
    for partition in forecasters.held_partitions():
        for _, value in forecasters.scan(partition):
            forecaster = _decode_forecaster(value)
            for target, horizons in sorted(forecaster.outcomes.expected.items()):
                for horizon in sorted(horizons):
                    row = rows.read(partition, key_of(forecaster.pair, target, horizon))
                    if row is not None:
                        yield row


def pairs() -> Iterator[str]:
    """Yield the pairs that have forecasts here, by partition and name."""
    for partition in forecasters.held_partitions():
        for key, _ in forecasters.scan(partition):
            yield key.decode()


def history(pair: str, limit: int, low: int = 0, high: int = 2**62) -> Iterator[bytes]:
    """Yield the newest *limit* forecasts of *pair* here, of the farthest times first.

    Only those for times (Unix s) in [low, high).
    """
    for partition in forecasters.held_partitions():
        value = forecasters.read(partition, pair.encode())
        if value is not None:
            yield from islice(_history(partition, _decode_forecaster(value), low, high), limit)


def _history(partition: int, forecaster: Forecaster, low: int, high: int) -> Iterator[bytes]:
    until = forecaster.ended_until + max(_terms.horizons, default=0)
    oldest = max(low, forecaster.kept_since or until - int(_kept_s))
    # All targets are whole windows apart.
    newest = until - max(0, (until - high) // _size_s + 1) * _size_s
    for target in range(newest, oldest - 1, -_size_s):
        for horizon in sorted(_terms.horizons, reverse=True):
            row = rows.read(partition, key_of(forecaster.pair, target, horizon))
            if row is not None:
                yield row


def _expired(forecaster: Forecaster) -> Iterator[bytes]:
    """Yield the keys that have left the retention since this was last asked."""
    if not forecaster.ended_until:
        return
    oldest = int((forecaster.ended_until - _kept_s) // _size_s) * _size_s
    first = forecaster.kept_since or oldest
    for target in range(first, oldest, _size_s):
        for horizon in _terms.horizons:
            yield key_of(forecaster.pair, target, horizon)
    forecaster.kept_since = max(first, oldest)


def _read(partition: int, key: bytes) -> Forecast | None:
    value = rows.read(partition, key)
    return None if value is None else _decode(value)


def _forecaster(partition: int, pair: str) -> Forecaster:
    value = forecasters.read(partition, pair.encode())
    return Forecaster(pair=pair) if value is None else _decode_forecaster(value)
