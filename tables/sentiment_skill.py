"""The table that says whether sentiment helps to predict, for each crypto and pair."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cryptoviz import topics
from cryptoviz.app import app
from cryptoviz.prediction.listening import sentiment_skill
from cryptoviz.prediction.scoring import PairScores
from cryptoviz.settings import current
from cryptoviz.window import SEPARATOR
from tables.prices import USUAL_S
from tables.rows import Rows
from tables.sizes import table_name

rows = Rows(
    app,
    table_name("sentiment_skill", current().price_size, USUAL_S),
    help="The skill of `sentiment` over the same model without it, per crypto and pair.",
)

_encode = msgspec.json.Encoder().encode


def write(
    partition: int, scores: PairScores, errors: Mapping[int, Mapping[int, tuple[int, int]]]
) -> None:
    """Write and send the skill that the *errors* of each hour show, beside the pair's *scores*."""
    skill = sentiment_skill(scores.pair, scores.as_of, scores.revision, errors)
    key = SEPARATOR.join((skill.crypto_symbol, skill.pair)).encode()
    value = _encode(skill)
    rows.write(partition, key, value)
    app.put(topics.SENTIMENT_SKILL, partition, key, value)
