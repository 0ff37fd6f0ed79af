"""What the database must hold, made from the records in Kafka without the application's code.

Messages are those of the simulator, whose pairs, cryptos and times need no normalising.
"""

import json
from datetime import UTC, datetime

_RAW = {
    "ticker_data": ("pair", "last", "bid", "ask", "volume_24h"),
    "trade_data": ("pair", "price", "volume", "side"),
    "article_data": (
        "article_id", "title", "url", "website", "summary", "cryptocurrencies_mentioned",
        "sentiment_score", "sentiment_label",
    ),
    "alert_data": ("pair", "last_price", "change_percent", "threshold", "alert_type"),
}  # fmt: skip
_RESULTS = {
    "sentiment": (
        "SELECT timestamp, crypto_symbol, source, window_start, sentiment_score, sentiment_label,"
        " confidence, article_count, positive, neutral, negative, revision, final"
        " FROM sentiment_data"
    ),
    "predictions": (
        "SELECT timestamp, pair, model_name, horizon, crypto_symbol, predicted_price,"
        " confidence_interval_low, confidence_interval_high, made_at, level, actual_price, revision"
        " FROM prediction_data"
    ),
    # A row for each day: of these the newest.
    "scores": (
        "SELECT DISTINCT ON (pair, model_name, horizon, period) pair, model_name, horizon, period,"
        " as_of, count, mae, mape, bias, coverage, mean_width, interval_score, skill,"
        " direction_accuracy, revision FROM score_data"
        " ORDER BY pair, model_name, horizon, period, timestamp DESC"
    ),
}
_OF_A_SCORE = (
    "count", "mae", "mape", "bias", "coverage", "mean_width", "interval_score", "skill",
    "direction_accuracy",
)  # fmt: skip


async def assert_raw_tables_hold_what_kafka_holds(deployment, sent=None):
    """Compare every column of every row; *sent* is how many messages there were, if known."""
    found = 0
    for kind, table in zip(deployment.topics, _RAW, strict=True):
        columns = ", ".join(_RAW[table])
        rows = await deployment.fetch(
            f"SELECT source_partition, source_offset, timestamp, {columns} FROM {table}"
        )
        records = await deployment.records(deployment.topics[kind])
        assert len(rows) == len(records), table
        assert records, f"nothing was sent for {table}"
        expected = {
            (record.partition, record.offset, *_raw_row(kind, json.loads(record.value)))
            for record in records
        }
        differing = {_hashable(row) for row in rows} ^ expected
        assert not differing, (table, sorted(differing, key=str)[:8])
        found += len(rows)
    assert sent is None or found == sent


async def assert_result_tables_hold_what_kafka_holds(deployment):
    """Compare every column with the results topics, where a higher revision counts more."""
    for name, rows_of in (
        ("sentiment", _sentiment_rows),
        ("predictions", _prediction_rows),
        ("scores", _score_rows),
    ):
        expected = {}
        for record in await deployment.records(f"{deployment.group}-{name}"):
            for key, rank, row in rows_of(json.loads(record.value)):
                # The later of two that rank the same: records come in the order of their partition.
                if key not in expected or expected[key][0] <= rank:
                    expected[key] = (rank, row)
        assert expected, f"there are no {name}"
        rows = await deployment.fetch(_RESULTS[name])
        assert len(rows) == len(expected), name
        differing = {tuple(row) for row in rows} ^ {row for _, row in expected.values()}
        assert not differing, (name, sorted(differing, key=str)[:8])


def _raw_row(kind, message):
    if kind == "ticker":
        fields = ("pair", "last", "bid", "ask", "volume_24h")
        return (_time(message["timestamp"]), *(message[field] for field in fields))
    if kind == "trade":
        fields = ("pair", "price", "volume", "side")
        return (_time(message["timestamp"]), *(message[field] for field in fields))
    if kind == "alert":
        direction = "PRICE_DOWN" if message["change"] < 0 else "PRICE_UP"
        fields = ("pair", "last", "change", "threshold")
        return (_time(message["timestamp"]), *(message[field] for field in fields), direction)
    return (
        _time(message["published_at"]),
        *(message[field] for field in ("id", "title", "url", "website")),
        message["content"]["summary"],
        tuple(word.upper() for word in message["cryptocurrencies_mentioned"]),
        message["sentiment"]["score"],
        message["sentiment"]["label"],
    )


def _sentiment_rows(window):
    end, start = _time(window["window_end"]), _time(window["window_start"])
    source = f"articles_{(window['window_end'] - window['window_start']) // 60}min"
    key = (window["crypto_symbol"], end)
    rank = (window["revision"], window["final"], window["count"])
    counts = ("score", "label", "confidence", "count", "positive", "neutral", "negative")
    yield key, rank, (
        end, window["crypto_symbol"], source, start, *(window[name] for name in counts),
        window["revision"], window["final"],
    )  # fmt: skip


def _prediction_rows(forecast):
    target, pair, horizon = _time(forecast["target_time"]), forecast["pair"], forecast["horizon"]
    for one in forecast["predictions"]:
        key = (pair, one["model"], horizon, target)
        yield key, forecast["revision"], (
            target, pair, one["model"], horizon, pair.partition("/")[0], one["price"], one["low"],
            one["high"], _time(forecast["made_at"]), forecast["level"], forecast["actual"],
            forecast["revision"],
        )  # fmt: skip


def _score_rows(scores):
    as_of = _time(scores["as_of"])
    for one in scores["scores"]:
        key = (scores["pair"], one["model"], one["horizon"], one["period"])
        values = (one[name] for name in _OF_A_SCORE)
        yield key, (as_of, scores["revision"]), (*key, as_of, *values, scores["revision"])


def _time(unix_s):
    return datetime.fromtimestamp(unix_s, UTC)


def _hashable(row):
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
