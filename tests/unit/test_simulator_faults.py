"""Faults strike what they are told to, and nothing else."""

import itertools
import json
from collections import Counter

import pytest

from cryptoviz.simulator import Faults, Market, Message, Share, Silence, inject
from cryptoviz.simulator.malformed import BROKEN_BYTES, BROKEN_FIELDS, malform_as

START_S = 1_764_310_291.0
SAMPLES = {
    "ticker": b'{"pair":"BTC/USD","last":3.0,"bid":2.0,"ask":4.0,"volume_24h":5.0,'
    b'"timestamp":1764310291}',
    "trade": b'{"pair":"BTC/USD","price":3.0,"volume":1.0,"timestamp":1764310291,"side":"b"}',
    "alert": b'{"pair":"BTC/USD","last":3.0,"change":1.2,"threshold":1,"timestamp":1764310291}',
    "article": b'{"id":"a_1764310291","url":"https://a.com/1","website":"a.com",'
    b'"cryptocurrencies_mentioned":["BTC"],"sentiment":{"score":0.9,"label":"positive"}}',
}  # fmt: skip
EVERY_BREAK = [
    (kind, name) for kind, breaks in BROKEN_FIELDS.items() for name in [*BROKEN_BYTES, *breaks]
]


def market(count: int = 5_000, seed: int = 1) -> list[Message]:
    return list(itertools.islice(Market(seed=seed, start_s=START_S), count))


def struck(faults: Faults, count: int = 5_000, seed: int = 1) -> list[Message]:
    return list(inject(market(count), faults, seed))


def test_without_faults_nothing_changes():
    assert struck(Faults()) == market()


def test_late_messages_are_held_back_and_none_is_lost():
    good, sent = market(), struck(Faults(late=Share(0.2, 10)))

    delays_s = [message.send_time_s - message.event_time_s for message in sent]
    late = [delay for delay in delays_s if delay > 0]
    assert Counter(m.value for m in sent) == Counter(m.value for m in good)
    assert len(late) / len(sent) == pytest.approx(0.2, abs=0.02)
    assert 8 < max(late) <= 10


def test_messages_are_sent_in_the_order_of_their_send_time():
    times_s = [m.send_time_s for m in struck(Faults(Share(0.2, 10), Share(0.2, 1)))]

    assert times_s == sorted(times_s)


def test_disorder_lets_neighbours_overtake_each_other():
    sent = struck(Faults(disorder=Share(0.5, 0.1)))

    times_s = [message.event_time_s for message in sent]
    assert times_s != sorted(times_s)
    assert max(m.send_time_s - m.event_time_s for m in sent) <= 0.1


def test_what_is_held_back_at_the_end_is_sent_with_the_last_message():
    sent = struck(Faults(late=Share(1.0, 480)), count=100)

    assert len(sent) == 100
    assert max(m.send_time_s for m in sent) == market(100)[-1].send_time_s


def test_a_duplicate_has_the_same_bytes():
    sent = struck(Faults(duplicate=0.1))

    twice = [m for m, count in Counter(sent).items() if count == 2]
    assert len(sent) == len(market()) + len(twice)
    assert len(twice) / len(market()) == pytest.approx(0.1, abs=0.02)


def test_a_malformed_message_keeps_its_key():
    good, sent = market(), struck(Faults(malformed=0.1))

    broken = [(b, a) for b, a in zip(good, sent, strict=True) if b.value != a.value]
    assert len(broken) / len(good) == pytest.approx(0.1, abs=0.02)
    assert all(before.key == after.key for before, after in broken)


def test_a_silent_pair_says_nothing_for_a_while_and_the_others_go_on():
    good = market()
    sent = struck(Faults(silences=(Silence("BTC/USD", for_s=5, after_s=10),)))

    missing = Counter(good) - Counter(sent)
    start_s = good[0].event_time_s
    assert {m.pair for m in missing} == {"BTC/USD"}
    assert all(10 <= m.event_time_s - start_s < 15 for m in missing)
    assert not any(m.pair == "BTC/USD" and 10 <= m.event_time_s - start_s < 15 for m in sent)


def test_one_fault_does_not_move_another():
    malformed = Counter(m.value for m in struck(Faults(malformed=0.1)))
    both = Counter(m.value for m in struck(Faults(Share(0.5, 60), malformed=0.1)))

    assert malformed == both


def test_the_same_seed_strikes_the_same_messages():
    faults = Faults(Share(0.1, 60), Share(0.1, 5), 0.1, 0.1, (Silence("BTC/USD"),))

    assert struck(faults) == struck(faults)
    assert struck(faults) != struck(faults, seed=2)


@pytest.mark.parametrize(("kind", "name"), EVERY_BREAK)
def test_every_break_changes_the_message(kind, name):
    assert malform_as(kind, SAMPLES[kind], name) != SAMPLES[kind]


@pytest.mark.parametrize("name", sorted(BROKEN_BYTES))
def test_broken_bytes_are_no_json_object(name):
    broken = malform_as("trade", SAMPLES["trade"], name)

    try:
        parsed = json.loads(broken)
    except ValueError:
        return
    assert not isinstance(parsed, dict)


def test_nan_is_written_as_careless_producers_write_it():
    assert b'"price":NaN' in malform_as("trade", SAMPLES["trade"], "price is NaN")
