"""What the scores of published predictions must be, recomputed from the raw messages.

Nothing of the application is used: JSON by the standard library, sums as fractions, hours in
plain loops. Messages are those of the simulator, whose pairs and times need no normalising.
"""

import json
from collections import defaultdict
from fractions import Fraction

HOUR_S = 3_600
PERIODS = {"24h": 24, "7d": 168}


def last_prices(messages, size=300):
    """Return {pair: {end of a window: its last price}} of (kind, value) pairs in order."""
    newest = defaultdict(dict)
    for kind, value in messages:
        if kind == "ticker":
            fields = json.loads(value)
            end = int(fields["timestamp"] // size) * size + size
            known = newest[fields["pair"]].get(end)
            if known is None or fields["timestamp"] >= known[0]:
                newest[fields["pair"]][end] = (fields["timestamp"], fields["last"])
    return {
        pair: {end: price for end, (_, price) in sorted(ends.items())}
        for pair, ends in newest.items()
    }


def actual_price(ends, target):
    """Return the last price at *target*, or that of the last window before it."""
    return ends[max(end for end in ends if end <= target)]


def scores(forecasts, prices):
    """Return {(pair, model, horizon, period): score} of *forecasts* that have come true."""
    newest = {}
    for row in forecasts:
        newest[row["pair"]] = max(newest.get(row["pair"], 0), row["target_time"])
    groups = defaultdict(list)
    for row in forecasts:
        last_hour = newest[row["pair"]] // HOUR_S
        for period, hours in PERIODS.items():
            if row["target_time"] // HOUR_S > last_hour - hours:
                for one in row["predictions"]:
                    place = row["pair"], one["model"], row["horizon"], period
                    groups[place].append((row, one))
    errors = {place: mean_error(group, prices) for place, group in groups.items()}
    return {
        place: score(group, prices, errors[place[0], "last_price", place[2], place[3]])
        for place, group in groups.items()
    }


def outcome(row, prices):
    return Fraction(actual_price(prices[row["pair"]], row["target_time"]))


def mean_error(group, prices):
    errors = [abs(Fraction(one["price"]) - outcome(row, prices)) for row, one in group]
    return sum(errors) / len(errors)


def score(group, prices, naive):
    count, calls, hits = len(group), 0, 0
    relative = bias = width = winkler = Fraction(0)
    covered = 0
    for row, one in group:
        actual, then = outcome(row, prices), Fraction(row["price"])
        predicted = Fraction(one["price"])
        low, high = Fraction(one["low"]), Fraction(one["high"])
        relative += abs(predicted - actual) / actual
        bias += predicted - actual
        width += high - low
        miss = max(low - actual, actual - high, 0)
        winkler += high - low + miss * 2 / (1 - Fraction(row["level"]))
        covered += low <= actual <= high
        if predicted != then and actual != then:
            calls += 1
            hits += (predicted > then) == (actual > then)
    error = mean_error(group, prices)
    return {
        "count": count,
        "mae": float(error),
        "mape": float(100 * relative / count),
        "bias": float(bias / count),
        "coverage": covered / count,
        "mean_width": float(width / count),
        "interval_score": float(winkler / count),
        "skill": float(1 - error / naive) if naive else None,
        "direction_accuracy": hits / calls if calls else None,
    }
