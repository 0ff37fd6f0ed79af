"""A coroutine that is run at once, and awaited only where it waits."""

import asyncio

import pytest

from cryptoviz.eagerly import begin


async def test_what_never_waits_is_done_at_once():
    log = []

    async def work():
        log.append("done")

    assert begin(work()) is None
    assert log == ["done"]


async def test_what_waits_goes_on_where_it_was():
    log, gate = [], asyncio.Event()

    async def work():
        log.append("begun")
        await gate.wait()
        await asyncio.sleep(0)
        log.append("done")

    rest = begin(work())
    assert log == ["begun"]
    going_on = asyncio.create_task(rest)
    await asyncio.sleep(0)
    gate.set()
    await going_on

    assert log == ["begun", "done"]


async def test_errors_come_out_and_a_cancellation_goes_in():
    async def fail():
        raise ValueError("at once")

    async def wait_and_fail():
        await asyncio.sleep(0)
        raise ValueError("later")

    cleaned = []

    async def wait():
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    with pytest.raises(ValueError, match="at once"):
        begin(fail())
    with pytest.raises(ValueError, match="later"):
        await begin(wait_and_fail())
    waiting = asyncio.create_task(begin(wait()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert cleaned == [True]
