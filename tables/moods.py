"""The global table of recent sentiment by crypto, which any worker may need for its pairs."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cryptoviz.app import app
from cryptoviz.prediction.forecaster import Mood
from cryptoviz.prediction.moods import Moods, SentimentEmission
from tables.rows import Rows

rows = Rows(app, "moods", everywhere=True, help="Recent sentiment of each crypto, for predictions.")

_decode = msgspec.json.Decoder(Moods).decode
_encode = msgspec.json.Encoder().encode
# What this worker wrote last. A global table also applies what comes back of its own writes, so
# for a moment an older value stands behind a newer one.
_written: dict[tuple[int, str], Moods] = {}


def update(partition: int, emissions: Iterable[SentimentEmission]) -> None:
    """Fold emissions of sentiment windows; each crypto that changed is written once."""
    changed: dict[str, Moods] = {}
    for emission in emissions:
        crypto = emission.crypto_symbol
        moods = changed.get(crypto) or _read(partition, crypto) or Moods(crypto)
        if moods.note(emission):
            changed[crypto] = moods
    for crypto, moods in changed.items():
        _written[partition, crypto] = moods
        rows.write(partition, crypto.encode(), _encode(moods))


def at(crypto: str, time_s: int) -> Mood | None:
    """Return the sentiment about *crypto* that was known at *time_s* (Unix s), as read by now."""
    found = (_read(partition, crypto) for partition in rows.partitions())
    moods = next((one for one in found if one is not None), None)
    return None if moods is None else moods.at(time_s)


def _read(partition: int, crypto: str) -> Moods | None:
    if (written := _written.get((partition, crypto))) is not None:
        return written
    value = rows.read(partition, crypto.encode())
    return None if value is None else _decode(value)


@app.on_partitions_revoked.connect
async def _forget(*_: object, **__: object) -> None:
    _written.clear()
