"""What windowed tables and alerts must hold, computed in one plain pass over the raw messages.

Nothing of the application is used: JSON by the standard library, sums as fractions, windows in
dictionaries. Messages are those of the simulator, whose pairs and times need no normalising.
"""

import itertools
import json
import math
from collections import Counter, defaultdict
from fractions import Fraction

SAMPLES = 12
ALERTS_KEPT = 100


def tables(messages, candle_sizes=(60, 300, 3600, 86_400), size=300, tracked=()):
    """Return {table: {key: values}} for *messages*, (kind, value) pairs in the order sent."""
    trades, tickers, articles = defaultdict(list), defaultdict(list), defaultdict(list)
    alerts = defaultdict(list)
    for kind, value in messages:
        fields = json.loads(value)
        if kind == "trade":
            for candle_size in candle_sizes:
                start = int(fields["timestamp"] // candle_size) * candle_size
                trades[candle_size, fields["pair"], start].append(fields)
        elif kind == "ticker":
            start = int(fields["timestamp"] // size) * size
            tickers[fields["pair"], start].append(fields)
        elif kind == "article":
            start = int(fields["published_at"] // size) * size
            for crypto in dict.fromkeys(fields["cryptocurrencies_mentioned"]):
                if crypto in tracked:
                    articles[crypto, start].append(fields)
        elif kind == "alert":
            alerts[fields["pair"]].append(fields)
    result = {
        name(candle_size): {
            f"{pair}|{start}" + ("" if candle_size == 60 else f"|{candle_size}"): candle(
                group, start, candle_size
            )
            for (of_size, pair, start), group in trades.items()
            if of_size == candle_size
        }
        for candle_size in candle_sizes
    }
    result["prices"] = {f"{pair}|{start}": price(group) for (pair, start), group in tickers.items()}
    result["sentiment"] = sentiments(articles, size)
    result["alerts"] = {pair: alert_log(pair, group) for pair, group in alerts.items()}
    return result


def name(candle_size):
    labels = {60: "candles", 300: "candles_5m", 3600: "candles_1h", 86_400: "candles_1d"}
    return labels[candle_size]


def total(numbers):
    return sum((Fraction(number) for number in numbers), Fraction(0))


def ratio(above, below):
    return float(above / below) if below else None


def candle(trades, start, size):
    # Python's sort is stable, so equal times stay in the order sent.
    ordered = sorted(trades, key=lambda trade: trade["timestamp"])
    prices = [trade["price"] for trade in ordered]
    volume = total(trade["volume"] for trade in trades)
    bought = total(trade["volume"] for trade in trades if trade["side"] == "b")
    sold = total(trade["volume"] for trade in trades if trade["side"] == "s")
    turnover = total(trade["price"] * trade["volume"] for trade in trades)
    sampled = {
        int((trade["timestamp"] - start) // (size / SAMPLES)): trade["price"] for trade in ordered
    }
    path = [prices[0], *(sampled[place] for place in sorted(sampled))]
    squares = [math.log(b / a) ** 2 for a, b in itertools.pairwise(path)]
    return {
        "open": prices[0],
        "high": max(prices),
        "low": min(prices),
        "close": prices[-1],
        "volume": float(volume),
        "buy_volume": float(bought),
        "sell_volume": float(sold),
        "vwap": ratio(turnover, volume),
        "imbalance": ratio(bought - sold, bought + sold),
        "realised_volatility": math.sqrt(math.fsum(squares)) if len(trades) > 1 else None,
        "trades": len(trades),
        "open_time": ordered[0]["timestamp"],
        "close_time": ordered[-1]["timestamp"],
    }


def price(tickers):
    ordered = sorted(tickers, key=lambda ticker: ticker["timestamp"])
    last = [Fraction(ticker["last"]) for ticker in ordered]
    mean = sum(last) / len(last)
    variance = sum((one - mean) ** 2 for one in last) / len(last)
    spreads = [
        ticker["ask"] - ticker["bid"]
        for ticker in tickers
        if ticker.get("ask") is not None and ticker.get("bid") is not None
    ]
    return {
        "count": len(tickers),
        "mean": float(mean),
        "std": math.sqrt(variance),
        "min": float(min(last)),
        "max": float(max(last)),
        "first": ordered[0]["last"],
        "last": ordered[-1]["last"],
        "first_time": ordered[0]["timestamp"],
        "last_time": ordered[-1]["timestamp"],
        "mean_spread": ratio(total(spreads), Fraction(len(spreads))),
        "spreads": len(spreads),
    }


def sentiments(articles, size):
    windows = {place: sentiment(group) for place, group in articles.items()}
    for (crypto, start), window in windows.items():
        before = windows.get((crypto, start - size))
        window["previous_score"] = before and before["score"]
        window["change"] = before and window["score"] - before["score"]
    return {f"{crypto}|{start}": window for (crypto, start), window in windows.items()}


def sentiment(articles):
    # An article that came twice counts once.
    by_url = {article["url"]: article for article in articles}.values()
    labels = Counter(article["sentiment"]["label"] for article in by_url)
    count = len(by_url)
    score = float(total(article["sentiment"]["score"] for article in by_url) / count)
    label = "positive" if score > 0.6 else "negative" if score < 0.4 else "neutral"
    return {
        "count": count,
        "score": score,
        "label": label,
        "positive": labels["positive"],
        "neutral": labels["neutral"],
        "negative": labels["negative"],
        "confidence": labels[label] / count,
        "sites": len({article["website"] for article in by_url}),
    }


def alert_log(pair, alerts):
    # Newest first; of equal times the one sent later.
    newest = sorted(enumerate(alerts), key=lambda one: (one[1]["timestamp"], one[0]), reverse=True)
    kept = [
        {
            "event_time_s": alert["timestamp"],
            "last": alert["last"],
            "change": alert["change"],
            "threshold": alert["threshold"],
            "kind": "PRICE_DOWN" if alert["change"] < 0 else "PRICE_UP",
        }
        for _, alert in newest[:ALERTS_KEPT]
    ]
    return {"pair": pair, "alerts": kept}


def differences(expected, rows):
    """Return the keys that are missing, too many, or whose values differ, with what differs.

    Sums are compared to twelve digits: the application truncates terms below 2**-72.
    """
    wrong = dict.fromkeys(expected.keys() - rows.keys(), "missing")
    wrong |= dict.fromkeys(rows.keys() - expected.keys(), "not expected")
    for key in expected.keys() & rows.keys():
        fields = {
            field: (value, rows[key][field])
            for field, value in expected[key].items()
            if not same(value, rows[key][field])
        }
        if fields:
            wrong[key] = fields
    return wrong


def same(expected, found):
    if isinstance(expected, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    if isinstance(expected, dict):
        return all(same(value, found[field]) for field, value in expected.items())
    if isinstance(expected, float) and isinstance(found, float):
        return math.isclose(expected, found, rel_tol=1e-12, abs_tol=1e-15)
    return expected == found
