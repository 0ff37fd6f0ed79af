"""What is published: all models' predictions of one pair's price at one time to come."""

from __future__ import annotations

import msgspec

from cryptoviz.window import encode_key


class Prediction(msgspec.Struct, gc=False):
    """What one model predicted, in quote currency.

    [low, high] is the calibrated interval; [raw_low, raw_high] is the model's own ±1 standard
    deviation.
    """

    model: str
    price: float
    low: float
    high: float
    raw_low: float
    raw_high: float


class Forecast(msgspec.Struct, kw_only=True, gc=False):
    """All models' predictions of *pair* for *target_time*, made *horizon* seconds before.

    It was made from the price window [window_start, window_end) as it was at *window_revision*:
    the records up to *offsets*. *price* was the last one then. *mood* is the sentiment score
    that was known, of the window that ended at *mood_time*. *revision* is 0 until the target's
    window is final, then 1, with the *actual* price; nothing else ever changes.
    """

    pair: str
    target_time: int
    horizon: int
    level: float
    made_at: int
    window_start: int
    window_end: int
    window_revision: int
    offsets: dict[str, int]
    price: float
    mood: float | None
    mood_time: int | None
    predictions: list[Prediction]
    actual: float | None = None
    revision: int = 0

    @property
    def key(self) -> bytes:
        """The key in the table and the results topic, such as ``BTC/USD|1764310500|300``."""
        return key_of(self.pair, self.target_time, self.horizon)

    @property
    def signal(self) -> float:
        """The mood as models take it: 0 when neutral or unknown."""
        return 0.0 if self.mood is None else self.mood - 0.5

    def of(self, model: str) -> Prediction | None:
        """Return the prediction of *model*, if it took part."""
        return next((one for one in self.predictions if one.model == model), None)


def key_of(pair: str, target_time: int, horizon: int) -> bytes:
    """Return the key of a forecast."""
    return encode_key(pair, target_time, f"|{horizon}")
