"""Whether a pair or a crypto was ever heard of, where there is no database to ask."""

from types import SimpleNamespace

import pytest

from tests.a_request import asked
from web import candles, known, pages
from web.answers import Refusal


@pytest.fixture
def nothing_heard_of(monkeypatch):
    """Tables without a row, and no database."""
    nothing = SimpleNamespace(find=lambda _: [])
    monkeypatch.setattr(known.instruments, "rows", nothing)
    monkeypatch.setattr(known.instruments, "everything", list)
    monkeypatch.setattr(known.configuration.cryptos, "get", lambda _: None)
    assert not known.database.is_configured


async def test_without_a_database_what_no_table_has_heard_of_is_unknown(nothing_heard_of):
    assert await known.known_pair("XX/YYY") is False
    assert await known.known_crypto("NOPE") is False


async def test_a_database_that_is_away_may_know_it(nothing_heard_of, monkeypatch):
    async def trouble():
        return "it is away"

    away = SimpleNamespace(is_configured=True, trouble=trouble)
    for module in (known, pages):
        monkeypatch.setattr(module, "database", away)

    for ask in (known.known_pair("XX/YYY"), known.known_crypto("NOPE")):
        with pytest.raises(Refusal, match="it is away") as refused:
            await ask
        assert refused.value.problem.status == 503


async def test_candles_of_an_unknown_pair_are_404_without_a_database(nothing_heard_of, monkeypatch):
    async def windows(*_):
        return []

    async def stream_start(_):
        return None

    monkeypatch.setattr(candles, "known", lambda _: None)
    monkeypatch.setattr(candles, "windows", windows)
    monkeypatch.setattr(candles.overlay, "stream_start", stream_start)

    response = await asked(candles.candle_history, match={"pair": "XX/YYY"})

    assert response.status == 404
