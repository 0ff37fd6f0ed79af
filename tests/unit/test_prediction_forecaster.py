"""When predictions are made, that they stay as they were, and when their outcome is known."""

import msgspec
import pytest

from cryptoviz.prediction.forecaster import Forecaster, Mood
from tests.forecasts import (
    LATENESS_WINDOWS,
    Book,
    a_close,
    emissions,
    end_of,
    finalised,
    regime_windows,
)


def test_a_window_is_predicted_from_when_the_pairs_next_one_begins():
    book = Book()

    assert book.fold(a_close(0, last=100.0), a_close(0, revision=11, last=101.0)) == []
    made = book.fold(a_close(1, last=50.0))

    assert [(one.target_time, one.horizon) for one in made] == [
        (end_of(0) + horizon, horizon) for horizon in (300, 900, 3600)
    ]
    assert {(one.price, one.window_revision, one.made_at) for one in made} == {
        (101.0, 11, end_of(0))
    }
    assert [one.model for one in made[0].predictions] == list(Forecaster.models)


def test_a_silent_pairs_window_is_predicted_from_when_it_is_final():
    book = Book()
    book.fold(a_close(0))

    assert len(book.fold(a_close(0, final=True))) == 3


def test_late_data_changes_no_prediction():
    book = Book()
    book.fold(a_close(0), a_close(1))
    before = dict(book.rows)

    book.fold(a_close(0, revision=99, last=1.0), a_close(0, revision=100, last=2.0, final=True))

    assert book.rows == before


def test_a_prediction_carries_the_window_revision_and_offsets_it_was_made_from():
    book = Book()
    made = book.fold(a_close(7, revision=3, offsets={"2": 41}), a_close(8))[0]

    assert (made.window_start, made.window_end) == (end_of(6), end_of(7))
    assert (made.window_revision, made.offsets) == (3, {"2": 41})


def test_the_actual_price_comes_when_the_targets_window_is_final():
    book = Book()
    book.fold(a_close(0), a_close(1, last=105.0), a_close(2))

    assert book.fold(a_close(0, final=True)) == []
    told = book.fold(a_close(1, revision=12, last=106.0, final=True))

    assert [(one.target_time, one.horizon, one.actual, one.revision) for one in told] == [
        (end_of(1), 300, 106.0, 1)
    ]


def test_what_comes_after_a_window_was_final_changes_no_outcome():
    book = Book()
    book.fold(a_close(0), a_close(1), a_close(0, final=True), a_close(1, final=True, last=7.0))
    before = dict(book.rows)

    assert book.fold(a_close(1, final=True, revision=20, last=8.0)) == []
    assert book.rows == before


def test_in_a_gap_the_price_is_that_of_the_window_before():
    book = Book()
    book.fold(a_close(0), a_close(0, final=True, last=100.0))

    told = [one for one in book.fold(a_close(5, last=9.0, final=True)) if one.revision]

    assert [(one.target_time, one.actual) for one in told] == [
        (end_of(1), 100.0),
        (end_of(3), 100.0),
    ]


def test_windows_may_become_final_in_any_order():
    book = Book()
    book.fold(*(a_close(n, last=100.0 + n) for n in range(6)))

    told = book.fold(*(a_close(n, last=100.0 + n, final=True) for n in (4, 0, 1, 3, 2)))

    actual = {one.target_time: one.actual for one in told if one.horizon == 300 and one.revision}
    assert actual == {end_of(n): 100.0 + n for n in (1, 2, 3, 4)}


@pytest.mark.parametrize("size", [2, 3, 7, 40, 200])
def test_the_same_prices_make_the_same_predictions_however_they_were_cut_into_batches(size):
    closes = regime_windows(200)
    one_by_one, in_batches = Book(), Book()
    one_by_one.fold(*in_batches_of(1, closes))

    in_batches.fold(*in_batches_of(size, closes))

    assert in_batches.rows.keys() == one_by_one.rows.keys()
    assert in_batches.rows == one_by_one.rows


def in_batches_of(size, closes):
    """Yield what the log says: of each batch the windows that it touched, then those it closed."""
    final = 0
    for start in range(0, len(closes), size):
        end = min(start + size, len(closes))
        closed = max(0, end - 1 - LATENESS_WINDOWS)
        for number in range(start, end):
            yield finalised(closes[number]) if number < closed else closes[number]
        for number in range(final, min(start, closed)):
            yield finalised(closes[number])
        final = closed


def test_sending_the_log_again_changes_nothing():
    log = list(emissions(regime_windows(60)))
    once, twice = Book(), Book()
    once.fold(*log)

    for number, close in enumerate(log):
        twice.fold(close, *log[max(0, number - 5) : number])

    assert twice.rows == once.rows
    assert told_of(twice) == told_of(once)


def told_of(book):
    """Return all that a book told, without the offsets."""
    return [forecast for _, forecast in book.history]


def test_a_prediction_that_was_kept_stays_though_the_state_was_lost_and_the_news_changed():
    log = list(enumerate(emissions(regime_windows(40))))
    for death in range(0, len(log) - 10, 7):
        book = Book(mood_at=lambda time_s: Mood(0.1, time_s))
        for offset, close in log[:death]:
            book.fold(close, offset=offset)
        state = msgspec.json.encode(book.forecaster)
        # The rows of the next ten records are written when the worker dies, its state is not.
        for offset, close in log[death : death + 10]:
            book.fold(close, offset=offset)
        kept = {key: what_was_believed(row) for key, row in book.rows.items()}
        # Scores are written after the rows, so these outcomes were not counted yet.
        book.outcomes = [(offset, one) for offset, one in book.outcomes if offset < death]

        book.forecaster = msgspec.json.decode(state, type=Forecaster)
        book.mood_at = lambda time_s: Mood(0.9, time_s)
        for offset, close in log[death:]:
            book.fold(close, offset=offset)

        assert {key: what_was_believed(book.rows[key]) for key in kept} == kept
        assert sorted(key for key, row in book.rows.items() if row.revision) == sorted(
            forecast.key for _, forecast in book.outcomes
        )
        assert {row.mood for row in book.rows.values()} == {0.1, 0.9}


def what_was_believed(forecast):
    return msgspec.structs.replace(forecast, actual=None, revision=0)


def test_what_a_state_has_folded_it_does_not_fold_again():
    book = Book()
    book.fold(a_close(0), offset=5)
    book.fold(a_close(1), offset=6)
    before = msgspec.json.encode(book.forecaster)

    assert book.fold(a_close(2), offset=6) == []
    assert msgspec.json.encode(book.forecaster) == before


def test_the_state_of_a_pair_does_not_grow():
    book, sizes = Book(), []
    for number, close in enumerate(emissions(regime_windows(1_000))):
        book.fold(close)
        if number % 500 == 499:
            sizes.append(len(msgspec.json.encode(book.forecaster)))

    assert max(sizes) < 4_000
    assert max(sizes) < 1.2 * min(sizes)


def test_a_pair_that_is_not_wanted_is_not_predicted_but_what_was_predicted_comes_true():
    book = Book()
    book.fold(a_close(0), a_close(1))
    before = set(book.rows)

    book.is_wanted = False
    book.fold(*(a_close(number) for number in range(2, 20)))
    book.fold(*(a_close(number, final=True) for number in range(20)))

    assert set(book.rows) == before
    assert {row.actual for row in book.rows.values()} == {100.0}
    assert not book.forecaster.outcomes.expected
    assert not book.forecaster.outcomes.unlearnt


def test_models_learn_while_a_pair_is_not_wanted():
    log = list(emissions(regime_windows(120)))
    always, paused = Book(), Book()
    always.fold(*log)

    for number, close in enumerate(log):
        paused.is_wanted = not 80 <= number < 160
        paused.fold(close)

    assert 0 < len(always.rows) - len(paused.rows) <= 3 * 40
    for key, row in paused.rows.items():
        for one in row.predictions:
            if one.model != "sentiment":
                known = always.rows[key].of(one.model)
                assert (one.price, one.raw_low) == (known.price, known.raw_low)


def test_a_replay_after_the_pair_was_switched_off_keeps_what_was_predicted_before():
    book = Book()
    book.fold(a_close(0), offset=0)
    state = msgspec.json.encode(book.forecaster)
    made = book.fold(a_close(1), offset=1)

    # The worker died before its state was written, and meanwhile the crypto was switched off.
    book.forecaster, book.is_wanted = msgspec.json.decode(state, type=Forecaster), False

    assert book.fold(a_close(1), offset=1) == made
    assert book.fold(a_close(2), offset=2) == []
    assert book.fold(a_close(0, final=True), offset=3) == []
    assert [one.actual for one in book.fold(a_close(1, final=True), offset=4)] == [100.0]
