"""Kept answers: young enough, made once, bounded."""

import asyncio

import pytest

from web.answers import Answer
from web.cache import AnswerCache


@pytest.fixture
def clock():
    class Clock:
        now_s = 0.0

        def __call__(self):
            return self.now_s

    return Clock()


async def test_an_answer_is_made_once_however_many_ask_at_a_time(clock):
    cache, made = AnswerCache(clock=clock), []

    async def make():
        await asyncio.sleep(0)
        made.append(1)
        return Answer(b"x")

    answers = await asyncio.gather(*(cache.once("a", make, 1.0) for _ in range(10)))

    assert len(made) == 1
    assert {id(answer) for answer in answers} == {id(answers[0])}
    assert cache.get("a") is answers[0]


async def test_an_answer_is_kept_when_it_is_asked_for_again(clock):
    cache, numbers = AnswerCache(clock=clock), iter(range(9))

    async def make():
        return Answer(b"%d" % next(numbers))

    async def other():
        return Answer(b"other")

    bodies = []
    for clock.now_s in (0.0, 0.9, 1.8, 2.0, 2.5):
        bodies.append((await cache.once("a", make, 1.0)).body)
    assert bodies == [b"0", b"1", b"1", b"2", b"2"]

    # When something else is asked for, what is too old is forgotten.
    clock.now_s = 4.0
    await cache.once("b", other, 1.0)
    for clock.now_s in (4.1, 4.2, 4.3):
        bodies.append((await cache.once("a", make, 1.0)).body)
    assert bodies[5:] == [b"3", b"4", b"4"]


async def test_an_answer_is_made_again_when_its_age_is_over(clock):
    cache = AnswerCache(clock=clock)
    numbers = iter(range(9))

    async def make():
        return Answer(b"%d" % next(numbers))

    await cache.once("a", make, 1.0)
    second = await cache.once("a", make, 1.0)
    clock.now_s = 0.9
    assert cache.get("a") is second
    clock.now_s = 1.1
    assert (await cache.once("a", make, 1.0)).body == b"2"


async def test_an_answer_that_failed_is_not_kept_and_others_can_ask_again(clock):
    cache = AnswerCache(clock=clock)

    async def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await cache.once("a", fail, 1.0)

    async def make():
        return Answer(b"x")

    assert (await cache.once("a", make, 1.0)).body == b"x"


async def test_kept_answers_are_bounded_by_their_bytes(clock):
    cache = AnswerCache(most_bytes=100, clock=clock)

    async def make():
        return Answer(b"x" * 30)

    for number in range(10):
        await cache.once(number, make, 1.0)
        await cache.once(number, make, 1.0)

    assert [number for number in range(10) if cache.get(number)] == [7, 8, 9]
