"""The sentiment scale: 0 very negative, 0.5 neutral, 1 very positive, and its three labels."""

from __future__ import annotations

from typing import Literal, get_args

Label = Literal["positive", "neutral", "negative"]
Scale = Literal["unit", "signed", "confidence"]

LABELS: tuple[Label, ...] = get_args(Label)
POSITIVE_ABOVE = 0.6
NEGATIVE_BELOW = 0.4


class ScoreError(ValueError):
    """A score does not fit its scale; the message completes "<field> must ..."."""


def label_of(score: float) -> Label:
    """Return the label of *score* in [0, 1]; the thresholds themselves are neutral."""
    if score > POSITIVE_ABOVE:
        return "positive"
    return "negative" if score < NEGATIVE_BELOW else "neutral"


def known_label(text: str | None) -> Label | None:
    """Return *text* as one of the three labels, whatever its case, else None."""
    spelling = text.strip().lower() if text else ""
    return next((label for label in LABELS if label == spelling), None)


def on_unit_scale(score: float, scale: Scale, label: Label | None) -> float:
    """Return *score*, given on *scale*, as a score in [0, 1].

    `unit` is [0, 1] already and `signed` is [-1, 1]. `confidence` is how sure the producer is of
    *label*, in [0, 1], and needs one. Raises `ScoreError` for a score outside its scale.
    """
    least = -1.0 if scale == "signed" else 0.0
    if not least <= score <= 1.0:
        hint = " (or set SENTIMENT_SCALE=signed)" if scale == "unit" and -1 <= score < 0 else ""
        raise ScoreError(f"lie in [{least:g}, 1]{hint}")
    if scale == "unit":
        return score
    if scale == "signed":
        return (score + 1.0) / 2.0
    if label is None:
        raise ScoreError("come with a label: positive, neutral or negative")
    return {"positive": (1.0 + score) / 2.0, "negative": (1.0 - score) / 2.0, "neutral": 0.5}[label]
