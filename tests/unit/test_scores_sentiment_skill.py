"""The skill of sentiment is published with its standard error, zero and negative ones too."""

import math
import random
from statistics import mean, stdev

import pytest

from cryptoviz.prediction.listening import horizon_skill, sentiment_skill
from cryptoviz.prediction.moods import Moods, SentimentEmission

HOUR_S = 3_600
ONE = 1 << 72


def an_emission(end, score, crypto="BTC"):
    return SentimentEmission(crypto, end, 1, score)


def hours_of(pairs, step=HOUR_S):
    return {
        n * step: (int(base * ONE), int(with_news * ONE))
        for n, (base, with_news) in enumerate(pairs)
    }


def test_news_that_change_nothing_have_a_skill_of_exactly_zero():
    one = horizon_skill(300, hours_of([(1.3, 1.3), (2.7, 2.7), (0.9, 0.9)]))

    assert (one.skill, one.standard_error, one.hours) == (0.0, 0.0, 3)


def test_news_that_harm_have_a_negative_skill():
    assert horizon_skill(300, hours_of([(1.0, 1.5), (1.0, 1.5)])).skill == -0.5


def test_one_hour_says_nothing_about_the_error():
    assert horizon_skill(300, hours_of([(1.0, 0.5)])).standard_error is None


def test_a_base_that_was_never_wrong_has_no_skill_to_compare_with():
    assert horizon_skill(300, hours_of([(0.0, 0.5)])) is None


def test_hours_apart_have_the_textbook_standard_error_of_a_ratio():
    chance = random.Random(1)
    pairs = [(chance.uniform(5, 10), chance.uniform(4, 9)) for _ in range(50)]
    one = horizon_skill(300, hours_of(pairs, step=2 * HOUR_S))

    base = sum(b for b, _ in pairs)
    ratio = sum(b - e for b, e in pairs) / base
    residuals = [(b - e) - ratio * b for b, e in pairs]
    assert one.skill == pytest.approx(ratio)
    assert one.standard_error == pytest.approx(stdev(residuals) * math.sqrt(50) / base)


def test_the_standard_error_is_how_far_the_skill_strays():
    chance, skills, errors = random.Random(2), [], []
    for _ in range(300):
        pairs = [(b := chance.uniform(5, 10), b + chance.gauss(0, 1)) for _ in range(100)]
        one = horizon_skill(300, hours_of(pairs))
        skills.append(one.skill)
        errors.append(one.standard_error)

    assert mean(errors) == pytest.approx(stdev(skills), rel=0.15)


def test_every_horizon_has_its_skill():
    errors = {0: {300: (ONE, ONE), 900: (ONE, 2 * ONE)}, HOUR_S: {300: (ONE, ONE)}}

    skill = sentiment_skill("BTC/USD", 7_200, 5, errors)

    assert (skill.crypto_symbol, skill.pair, skill.base) == ("BTC", "BTC/USD", "ewma_drift")
    assert [(one.horizon, one.skill) for one in skill.horizons] == [(300, 0.0), (900, -1.0)]


def test_a_mood_is_never_of_a_window_that_ends_later():
    moods = Moods("BTC")
    for end, score in ((300, 0.1), (600, 0.2), (900, 0.3)):
        moods.note(an_emission(end, score))

    assert moods.at(299) is None
    assert moods.at(600) == (0.2, 600)
    assert moods.at(899) == (0.2, 600)


def test_an_old_mood_is_none():
    moods = Moods("BTC")
    moods.note(an_emission(300, 0.1))

    assert moods.at(300 + 3_600) is not None
    assert moods.at(301 + 3_600) is None


def test_moods_are_kept_for_a_day():
    moods = Moods("BTC")
    for end in range(300, 300 * 1_000, 300):
        moods.note(an_emission(end, 0.5))

    assert len(moods.scores) == 289
