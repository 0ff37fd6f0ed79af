"""Windowed tables: closing, late data, retention and restarts, without a broker."""

from functools import partial

import pytest

from cryptoviz.sentiment import Mention, SentimentWindow
from tables import recovery
from tables.windowed import NotHeldError
from tests.stream.lives import START_S, Kafka, Life, a_trade, key

HOUR_S = 3600


@pytest.fixture
def kafka():
    return Kafka()


@pytest.fixture
async def begin(tmp_path, kafka):
    """Return a function that begins a worker's next life on the same directory and Kafka."""
    lives = []

    async def next_life(lose_directory=False, **options):
        if lives:
            lives[-1].die(lose_directory)
        lives.append(Life(tmp_path / "worker", kafka, **options))
        if len(lives) > 1:
            lives[-1].restore()
        return await lives[-1].begin()

    yield next_life
    for life in lives:
        life.die()


async def test_a_window_is_provisional_until_the_watermark_passes_its_end(begin, kafka):
    life = await begin()

    life.fold(a_trade(0), a_trade(659))
    life.acknowledge()
    provisional = dict(kafka.emissions())[key()]
    life.fold(a_trade(660), first=2)
    life.acknowledge()

    assert provisional["final"] is False
    assert dict(kafka.emissions())[key()]["final"] is True
    assert [row["final"] for where, row in kafka.emissions() if where == key()] == [False, True]


async def test_each_touched_window_is_written_and_emitted_once_a_batch(begin, kafka):
    life = await begin()

    life.fold(*(a_trade(at_s) for at_s in (0, 1, 2, 61, 62)))
    life.acknowledge()

    assert len(kafka.taken) == 4
    assert kafka.changelog()[key()]["trades"] == 3


async def test_a_late_trade_corrects_its_closed_window(begin, kafka):
    life = await begin()
    life.fold(a_trade(0, price=100), a_trade(2000))

    life.fold(a_trade(1, price=120), first=2)
    life.acknowledge()

    row = kafka.changelog()[key()]
    assert (row["high"], row["revision"], row["final"], row["reason"]) == (120, 2, True, "late")
    assert kafka.emissions()[-1] == (key(), row)


async def test_lateness_is_judged_record_by_record_not_batch_by_batch(begin, kafka):
    life = await begin()

    # In one batch: the last trade came after the first window was over for its partition.
    life.fold(a_trade(0), a_trade(2000), a_trade(1))
    life.acknowledge()

    assert kafka.changelog()[key()]["reason"] == "late"


async def test_a_trade_within_the_lateness_is_not_late(begin, kafka):
    life = await begin()

    life.fold(a_trade(0), a_trade(659), a_trade(1))
    life.acknowledge()

    assert kafka.changelog()[key()]["reason"] is None


async def test_a_record_beyond_retention_is_put_aside_with_its_coordinates(begin, kafka):
    life = await begin(environ={"TABLE_RETENTION": "3600"})
    bound_s = 60 + 600 + HOUR_S

    life.fold(a_trade(bound_s), a_trade(5, price=7), first=40)
    life.acknowledge()

    assert [(table, source, offset) for table, source, offset, _ in life.late] == [
        ("windows", 0, 41)
    ]
    assert life.late[0][3].price == 7
    assert life.table.late_records == 1
    assert key() not in kafka.changelog()


async def test_rows_beyond_retention_are_deleted_when_kafka_has_the_tombstone(begin, kafka):
    life = await begin(environ={"TABLE_RETENTION": "3600"})
    life.fold(a_trade(0))
    life.acknowledge()

    life.fold(a_trade(60 + 600 + HOUR_S), first=1)

    assert key() in life.rows()
    assert life.table.rows.read(0, key()) is None
    life.acknowledge()
    assert key() not in life.rows()
    assert key() not in kafka.changelog()


async def test_a_row_written_while_its_tombstone_travels_is_kept(begin, kafka):
    life = await begin()
    rows = life.table.rows
    rows.write(0, b"k|0", b'{"old":1}')
    rows.delete(0, b"k|0")

    rows.write(0, b"k|0", b'{"new":1}')
    life.acknowledge()

    assert rows.read(0, b"k|0") == b'{"new":1}'
    assert kafka.changelog()[b"k|0"] == {"new": 1}


async def test_an_expired_window_does_not_begin_anew(begin, kafka):
    """A source that was away may bring what it does not know to be too old."""
    life = await begin(environ={"TABLE_RETENTION": "3600", "IDLE_TIMEOUT": "60"})
    life.fold(a_trade(0), source=0)
    life.fold(a_trade(60 + 600 + HOUR_S), source=0, first=1)

    life.fold(a_trade(1), source=1, first=0)
    life.acknowledge()

    assert key() not in kafka.changelog()
    assert len(life.late) == 1


async def test_a_replayed_record_is_skipped_but_its_row_is_written_again(begin, kafka):
    life = await begin()
    life.fold(a_trade(0), a_trade(1))
    life.acknowledge(0)

    # Killed before Kafka had anything; the store has it all.
    life = await begin()
    life.fold(a_trade(0), a_trade(1))
    life.acknowledge()

    row = kafka.changelog()[key()]
    assert (row["trades"], row["revision"]) == (2, 2)


@pytest.mark.parametrize("taken", range(9))
@pytest.mark.parametrize("lose_directory", [False, True])
@pytest.mark.parametrize("split", [1, 4])
async def test_a_death_after_any_send_changes_no_value(begin, kafka, taken, lose_directory, split):
    trades = [a_trade(0), a_trade(70, price=90), a_trade(5, price=110), a_trade(61, price=80)]
    life = await begin()
    life.fold(*trades[:2])
    life.fold(*trades[2:], first=2)
    life.acknowledge(taken)

    life = await begin(lose_directory)
    for first in range(0, 4, split):
        life.fold(*trades[first : first + split], first=first)
    life.acknowledge()

    for rows in (kafka.changelog(), life.rows()):
        rows = {where: row for where, row in rows.items() if b"|" in where}
        assert {where: row["trades"] for where, row in rows.items()} == {key(0): 2, key(1): 2}
        assert rows[key(0)]["close"] == 110
        assert rows[key(1)]["open"] == 80
        assert all(row["reason"] is None for row in rows.values())


async def test_what_wall_time_closed_reaches_kafka_although_nothing_comes_after_the_death(
    begin, kafka
):
    life = await begin()
    life.fold(a_trade(0))
    life.acknowledge()
    kafka.committed = 1
    life.now_s += 660
    await life.table.tick()
    assert life.rows()[key()]["final"] is True

    life = await begin_without_restoring(begin)
    life.acknowledge()

    assert kafka.changelog()[key()]["final"] is True
    assert kafka.emissions()[-1][1]["final"] is True


async def begin_without_restoring(begin):
    original, Life.restore = Life.restore, lambda self: None
    try:
        return await begin()
    finally:
        Life.restore = original


async def test_a_replay_does_not_find_its_own_time_reached_already(begin, kafka):
    life = await begin()
    life.fold(a_trade(0), first=0)
    life.acknowledge()
    kafka.committed = 1
    # The second batch reaches far; of it only the newest window's row got to Kafka.
    life.fold(a_trade(2000), a_trade(1), first=1)
    life.acknowledge(2)

    life = await begin(lose_directory=True)
    await life.table.tick()
    assert life.rows()[key()]["final"] is False
    life.fold(a_trade(2), first=1)
    life.acknowledge()

    assert kafka.changelog()[key()]["reason"] is None


async def test_windows_close_by_wall_time_after_a_restart_into_a_quiet_market(begin, kafka):
    life = await begin()
    life.fold(a_trade(0))
    life.acknowledge()

    life = await begin()
    life.now_s += 659
    await life.table.tick()
    assert life.rows()[key()]["final"] is False
    life.now_s += 1
    await life.table.tick()

    assert life.rows()[key()]["final"] is True


async def test_expiry_goes_on_after_a_restart(begin, kafka):
    life = await begin(environ={"TABLE_RETENTION": "3600"})
    life.fold(a_trade(0), a_trade(HOUR_S))
    life.acknowledge()
    kafka.committed = 2

    life = await begin(environ={"TABLE_RETENTION": "3600"})
    life.fold(a_trade(HOUR_S + 660), first=2)
    life.acknowledge()

    assert key() not in kafka.changelog()
    assert key() not in life.rows()


async def test_a_tick_does_nothing_in_a_rebalance(begin, kafka):
    life = await begin()
    life.fold(a_trade(0))
    life.now_s += 10_000
    life.app.rebalancing = True

    await life.table.tick()

    assert life.rows()[key()]["final"] is False


async def test_records_of_a_partition_that_was_taken_away_are_refused(begin):
    life = await begin()
    await life.table._forget()

    with pytest.raises(NotHeldError):
        life.fold(a_trade(0))


async def test_an_error_in_recovery_ends_the_worker(begin, kafka, monkeypatch):
    life = await begin()
    life.table.rows.write(0, key(), b"not a window")
    crashes = []

    async def crash(error):
        crashes.append(error)

    monkeypatch.setattr(life.app, "crash", crash)
    with pytest.raises(Exception, match="JSON"):
        await life.table._recover()
    assert len(crashes) == 1


async def test_a_long_recovery_tells_how_far_it_has_come(begin, monkeypatch, caplog):
    life = await begin()
    life.fold(*(a_trade(60 * minute) for minute in range(100)))
    # A second for each ten windows.
    times_s = iter(range(100))
    monkeypatch.setattr(recovery, "YIELD_EVERY", 10)
    monkeypatch.setattr(life.table._recovery, "_clock", lambda: next(times_s))
    caplog.set_level("INFO")

    await life.table._recover()

    assert [record.message for record in caplog.records] == [
        *(f"Table windows has found {count} windows so far." for count in (20, 40, 60, 80, 100)),
        "Table windows holds 100 windows in 1 partitions.",
    ]


async def test_an_emission_held_back_comes_when_it_is_due(begin, kafka):
    life = await begin(environ={"EMIT_INTERVAL": "5"})
    life.fold(a_trade(0))
    life.fold(a_trade(1), first=1)
    life.acknowledge()
    assert [row["revision"] for _, row in kafka.emissions()] == [1]

    life.now_s += 5
    await life.table.tick()
    life.acknowledge()

    assert [row["revision"] for _, row in kafka.emissions()] == [1, 2]


async def test_an_emission_held_back_survives_a_death(begin, kafka):
    life = await begin(environ={"EMIT_INTERVAL": "5"})
    life.fold(a_trade(0))
    life.fold(a_trade(1), first=1)
    life.acknowledge()
    kafka.committed = 10

    life = await begin(environ={"EMIT_INTERVAL": "5"})
    await life.table.tick()
    life.acknowledge()

    assert kafka.emissions()[-1][1]["revision"] == 2


async def test_memory_does_not_grow_with_the_number_of_records(begin, kafka):
    life = await begin(environ={"TABLE_RETENTION": "3600"})
    sizes = []
    for batch in range(400):
        life.fold(*(a_trade(60 * batch + at_s) for at_s in range(0, 60, 10)), first=6 * batch)
        life.acknowledge()
        memory = life.table._memory[0]
        sizes.append(
            len(memory) + len(memory.open) + len(memory._open_ends) + len(memory.starts("BTC/USD"))
        )

    assert max(sizes[200:]) == max(sizes[100:200])
    assert not memory.pending and not memory.emitted_s and not life.table.rows._tombstones


def a_mention(article, at_s=0.0, score=0.5, source=0, offset=0, reached_s=0.0):
    return Mention(
        "BTC", article, score, "neutral", "site", START_S + at_s, source, offset, reached_s
    )


def sentiment_life(begin, **options):
    return begin(
        window=SentimentWindow, subject="crypto_symbol", size_s=300, expected=(0, 1), **options
    )


async def test_windows_close_by_the_slowest_source_even_before_it_says_anything(begin, kafka):
    life = await sentiment_life(begin)

    life.fold(a_mention("a", 0), a_mention("b", 5000), source=0)
    life.acknowledge()
    assert kafka.changelog()[f"BTC|{START_S}".encode()]["final"] is False
    life.fold(a_mention("c", 1), source=1)
    life.table.update(0, 9, [], {1: START_S + 2000.0})
    life.acknowledge()

    row = kafka.changelog()[f"BTC|{START_S}".encode()]
    assert (row["final"], row["count"], row["reason"]) == (True, 2, None)


async def test_articles_that_wait_to_be_split_find_their_windows_however_far_others_are(
    begin, kafka
):
    life = await sentiment_life(begin)
    life.fold(a_mention("a", 0), source=1)

    life.now_s += 120
    life.fold(a_mention("b", 3 * 86_400), source=0)
    life.fold(a_mention("c", 1), source=1, first=1)
    life.acknowledge()

    row = kafka.changelog()[f"BTC|{START_S}".encode()]
    assert (row["final"], row["count"]) == (True, 2)
    assert life.late == []


async def test_a_correction_also_corrects_the_change_of_the_next_window(begin, kafka):
    life = await sentiment_life(begin)
    life.fold(a_mention("a", 0, score=0.5), a_mention("b", 300, score=0.75))
    life.fold(a_mention("c", 1, score=0.25), first=2)
    life.acknowledge()

    row = kafka.changelog()[f"BTC|{START_S + 300}".encode()]
    assert (row["previous_score"], row["change"]) == (0.375, 0.375)


async def test_a_correction_that_leaves_the_score_does_not_emit_the_next_window_again(begin, kafka):
    life = await sentiment_life(begin)
    life.fold(a_mention("a", 0, score=0.5), a_mention("b", 300, score=0.75))
    life.fold(a_mention("c", 1, score=0.5), first=2)
    life.acknowledge()

    emitted = [key for key, _ in kafka.emissions()]
    assert emitted.count(f"BTC|{START_S}".encode()) == 2
    assert emitted.count(f"BTC|{START_S + 300}".encode()) == 1


@pytest.mark.parametrize("taken", range(5))
@pytest.mark.parametrize("store", ["lost", "as the changelog", "ahead of the changelog"])
@pytest.mark.parametrize("split", [1, 2])
async def test_a_death_after_any_send_keeps_how_sentiment_changed(
    begin, kafka, taken, store, split
):
    mentions = [
        a_mention("a", 0, score=0.5),
        a_mention("b", 300, score=0.75),
        a_mention("c", 1, score=0.25),
        a_mention("d", 2, score=0.375),
    ]
    life = await sentiment_life(begin)
    life.fold(*mentions[:2])
    life.acknowledge()
    kafka.committed = 2
    # From here on it comes again, and nothing of it is about the second window itself.
    life.fold(*mentions[2:], first=2)
    life.acknowledge(taken)

    if store == "ahead of the changelog":
        life = await begin_without_restoring(partial(sentiment_life, begin))
    else:
        life = await sentiment_life(begin, lose_directory=store == "lost")
    for first in range(2, 4, split):
        life.fold(*mentions[first : first + split], first=first)
    life.acknowledge()

    for rows in (kafka.changelog(), life.rows()):
        assert rows[f"BTC|{START_S}".encode()]["score"] == 0.375
        row = rows[f"BTC|{START_S + 300}".encode()]
        assert (row["previous_score"], row["change"]) == (0.375, 0.375)
