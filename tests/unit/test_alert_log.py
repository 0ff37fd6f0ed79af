"""The log of a pair's last alerts: how many, in which order, and each once."""

import random

from cryptoviz.alert_log import KEPT, AlertLog
from cryptoviz.records import Alert


def alerts(*times_s, change=1.5):
    return [Alert("BTC/USD", 100.0 + time_s, change, 1.0, time_s) for time_s in times_s]


def times(log):
    return [alert.event_time_s for alert in log.alerts]


def test_the_newest_alert_comes_first_whatever_order_they_came_in():
    log = AlertLog("BTC/USD")

    log.add(alerts(20.0, 10.0), 0, [0, 1])
    log.add(alerts(30.0, 15.0), 0, [2, 3])

    assert times(log) == [30.0, 20.0, 15.0, 10.0]


def test_the_last_hundred_by_event_time_are_kept():
    log = AlertLog("BTC/USD")
    shuffled = list(range(KEPT + 50))
    random.Random(4).shuffle(shuffled)

    for offset, time_s in enumerate(shuffled):
        log.add(alerts(float(time_s)), 0, [offset])

    assert KEPT == 100
    assert times(log) == [float(time_s) for time_s in range(149, 49, -1)]


def test_an_alert_older_than_the_last_hundred_changes_none_of_them():
    log = AlertLog("BTC/USD")
    log.add(alerts(*map(float, range(100, 200))), 0, range(100))

    log.add(alerts(5.0), 0, [100])

    assert times(log) == [float(time_s) for time_s in range(199, 99, -1)]
    assert log.offsets == {"0": 100}


def test_what_was_read_already_is_not_added_again():
    log = AlertLog("BTC/USD")
    log.add(alerts(1.0, 2.0), 3, [10, 14])

    log.add(alerts(1.0, 2.0, 3.0), 3, [10, 14, 15])
    log.add(alerts(1.0), 3, [10])

    assert times(log) == [3.0, 2.0, 1.0]
    assert log.offsets == {"3": 15}


def test_an_alert_sent_twice_is_two_alerts():
    log = AlertLog("BTC/USD")

    log.add(alerts(1.0, 1.0), 0, [7, 8])

    assert [alert.source_offset for alert in log.alerts] == [8, 7]


def test_each_partition_is_read_at_its_own_pace():
    log = AlertLog("BTC/USD")
    log.add(alerts(1.0), 0, [90])

    log.add(alerts(1.0, 2.0), 1, [0, 1])

    assert [(each.source_partition, each.source_offset) for each in log.alerts] == [
        (1, 1),
        (1, 0),
        (0, 90),
    ]
    assert log.offsets == {"0": 90, "1": 1}


def test_the_kind_is_the_direction_of_the_change():
    log = AlertLog("BTC/USD")

    log.add(alerts(1.0, change=2.5), 0, [0])
    log.add(alerts(2.0, change=-2.5), 0, [1])

    assert [(each.kind, each.change) for each in log.alerts] == [
        ("PRICE_DOWN", -2.5),
        ("PRICE_UP", 2.5),
    ]
