"""The results that windows and models publish: rows with a key, replaced by higher revisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptoviz.timescale.failures import retrying
from cryptoviz.timescale.pool import Pool, transaction
from cryptoviz.timescale.raw_table import Row
from cryptoviz.timescale.statements import query


@dataclass(frozen=True)
class ResultTable:
    """A table whose rows have a key of their own.

    *columns* is the order of a row's values; *key* names the columns that make two rows one,
    *rank* those that decide which of the two stays, in the order of their weight.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rank: tuple[str, ...]
    statement: str

    def latest(self, rows: Iterable[Row]) -> list[Row]:
        """Return the row of highest rank of each key, ordered by key."""
        key = [self.columns.index(column) for column in self.key]
        rank = [self.columns.index(column) for column in self.rank]
        best: dict[Row, Row] = {}
        for row in rows:
            name = tuple(row[index] for index in key)
            rival = best.get(name)
            if rival is None or [rival[i] for i in rank] < [row[i] for i in rank]:
                best[name] = row
        return [best[name] for name in sorted(best)]


SENTIMENT = ResultTable(
    "sentiment_data",
    (
        "timestamp",
        "crypto_symbol",
        "sentiment_score",
        "sentiment_label",
        "source",
        "confidence",
        "window_start",
        "article_count",
        "positive",
        "neutral",
        "negative",
        "revision",
        "final",
    ),
    key=("crypto_symbol", "timestamp", "source"),
    rank=("revision", "final", "article_count"),
    statement="upsert_sentiment",
)
PREDICTIONS = ResultTable(
    "prediction_data",
    (
        "timestamp",
        "crypto_symbol",
        "predicted_price",
        "actual_price",
        "model_name",
        "confidence_interval_low",
        "confidence_interval_high",
        "pair",
        "made_at",
        "horizon",
        "level",
        "revision",
    ),
    key=("pair", "model_name", "horizon", "timestamp"),
    rank=("revision",),
    statement="upsert_predictions",
)
SCORES = ResultTable(
    "score_data",
    (
        "timestamp",
        "crypto_symbol",
        "pair",
        "model_name",
        "horizon",
        "period",
        "as_of",
        "count",
        "mae",
        "mape",
        "bias",
        "coverage",
        "mean_width",
        "interval_score",
        "skill",
        "direction_accuracy",
        "revision",
    ),
    key=("pair", "model_name", "horizon", "period", "timestamp"),
    rank=("as_of", "revision"),
    statement="upsert_scores",
)
SENTIMENT_SKILL = ResultTable(
    "sentiment_skill_data",
    (
        "timestamp",
        "crypto_symbol",
        "pair",
        "horizon",
        "as_of",
        "hours",
        "skill",
        "standard_error",
        "revision",
    ),
    key=("crypto_symbol", "pair", "horizon", "timestamp"),
    rank=("as_of", "revision"),
    statement="upsert_sentiment_skill",
)


async def upsert(
    pool: Pool,
    table: ResultTable,
    rows: Sequence[Row],
    *,
    patience_s: float | None = None,
) -> int:
    """Insert *rows*, or replace those of lower rank; return how many rows changed.

    Replays change nothing. Passing failures are retried for *patience_s* seconds, for ever when
    None.
    """
    # One statement cannot touch a row twice; and in the order of keys two workers cannot deadlock.
    latest = table.latest(rows)
    if not latest:
        return 0
    columns = [list(column) for column in zip(*latest, strict=True)]
    async for attempt in retrying(patience_s):
        with attempt:
            async with transaction(pool) as connection:
                await connection.execute(query("lift_decompression_limit"))
                status = await connection.execute(query(table.statement), *columns)
    return int(status.rpartition(" ")[2])
