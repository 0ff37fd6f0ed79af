"""Late data: corrections where records may still be taken, the late topic where not."""

import asyncio
import json
import math
import time
from collections import Counter, defaultdict

from cryptoviz.settings import load
from cryptoviz.simulator import Faults, Share
from cryptoviz.simulator.faults import inject
from cryptoviz.simulator.message import Message
from tests import oracle
from tests.kafka.market import SIZES, TABLES, expected_of, key_of, messages, value_of
from tests.kafka.measured import measured
from tests.kafka.news import articles

HOUR_S, LATENESS_S = 3600, 600
# What each topic of records is folded into.
TABLES_OF = {
    "trade": [table for table in TABLES if table.startswith("candles")],
    "ticker": ["prices"],
    "article": ["sentiment"],
}


async def test_a_record_hours_late_corrects_its_windows_once_and_older_ones_are_put_aside(deploy):
    faults = Faults(late=Share(0.01, 20 * HOUR_S))
    sent = messages(30_000, seed=12, hours=30.0, faults=faults)
    # The market writes few articles, and so hardly any late one.
    sent += inject(articles(3_000, hours=29.5), faults, seed=12)
    sent.sort(key=lambda message: message.send_time_s)
    market = await deploy(TABLE_RETENTION=str(24 * HOUR_S))
    worker = await asyncio.to_thread(market.worker().start)
    await market.send(sent)
    await market.drained()
    touched = await windows_touched_late(market)
    too_old = [old_trade(number, hours=50.0) for number in range(40)]
    await market.send(too_old)
    await market.drained()
    put_aside = {table: measured(worker, "cryptoviz_late_total", table=table) for table in TABLES}
    await asyncio.to_thread(worker.terminate)

    expected, emissions = expected_of(sent), await market.emissions()
    for table in TABLES:
        each_correction_is_seen_once(table, expected[table], emissions[table], touched[table])
    late = await market.stored(f"{market.group}-late")
    rejecting = TABLES_OF["trade"]
    assert Counter(
        (dict(one.headers)["table"].decode(), json.loads(one.value)["event_time_s"]) for one in late
    ) == Counter((table, trade.event_time_s) for table in rejecting for trade in too_old)
    assert put_aside == {table: len(too_old) if table in rejecting else 0 for table in TABLES}
    # By the fields' own names, not by those of the messages.
    names = {frozenset(json.loads(one.value)) for one in late}
    assert names == {frozenset(("pair", "price", "volume", "side", "event_time_s"))}


def each_correction_is_seen_once(table, expected, emissions, touched):
    """Assert that the windows *touched* late, and no others, were corrected, and each rightly."""
    found = oracle.differences(expected, {key: rows[-1] for key, rows in emissions.items()})
    assert not found, (table, len(found), list(found.items())[:3])
    for key, rows in emissions.items():
        seen = Counter(value_of(row, without=("position",)) for row in rows)
        assert max(seen.values()) == 1, (table, key, seen.most_common(1))
        final = [row["final"] for row in rows].index(True) if rows[-1]["final"] else len(rows)
        # Once final, a window is emitted for corrections alone.
        assert all(row["final"] and row["reason"] == "late" for row in rows[final + 1 :]), rows
    corrected = {key for key, rows in emissions.items() if rows[-1]["reason"] == "late"}
    assert touched and touched <= corrected, (table, len(touched), touched - corrected)
    # Sentiment says how it changed from the window before, which may be what is corrected.
    after = {following(table, key) for key in touched} if table == "sentiment" else set()
    assert corrected <= touched | after, (table, corrected - touched - after)


def old_trade(number, hours):
    # So old that its day is over for longer than a day is kept.
    time_s = int(time.time() - hours * HOUR_S) + number
    fields = {"pair": "BTC/USD", "price": 1.0, "volume": 1.0, "timestamp": time_s, "side": "b"}
    value = json.dumps(fields).encode()
    return Message("trade", b"BTC/USD", value, time_s, time.time(), "BTC/USD")


async def windows_touched_late(market):
    """Return {table: keys} of the windows that a record came too late for, as Kafka has them."""
    touched, tracked = {table: set() for table in TABLES}, load({}).tracked_cryptos
    for kind, tables in TABLES_OF.items():
        reached_s = defaultdict(lambda: -math.inf)
        for record in await market.stored(market.topics[kind]):
            fields = json.loads(record.value)
            time_s = fields["published_at" if kind == "article" else "timestamp"]
            named = fields.get("cryptocurrencies_mentioned", [fields.get("pair")])
            named = [each for each in named if kind != "article" or each in tracked]
            for table in tables:
                end_s = (time_s // SIZES[table] + 1) * SIZES[table]
                if reached_s[record.partition] >= end_s + LATENESS_S:
                    touched[table] |= {key_of(table, subject, time_s) for subject in named}
            reached_s[record.partition] = max(reached_s[record.partition], time_s)
    return touched


def following(table, key):
    """Return the key of the window after that of *key*."""
    subject, start, *_ = key.split("|")
    return key_of(table, subject, int(start) + SIZES[table])
