"""Bodies of requests: what does not fit is named, with the value that was given."""

from types import SimpleNamespace

import pytest

from web.answers import Refusal
from web.configuration import CryptoBody
from web.parameters import body_of
from web.visualization import OneVisualization, VisualizationBody


def a_request(body):
    async def chunks():
        yield body

    return SimpleNamespace(query={}, headers={}, content=SimpleNamespace(iter_any=chunks))


async def problem(declared, body):
    with pytest.raises(Refusal) as refused:
        await body_of(declared, a_request(body.encode()))
    assert refused.value.problem.status == 400
    return refused.value.problem


CHART = '{"name":"a","crypto_symbol":"BTC",'


@pytest.mark.parametrize(
    ("declared", "body", "parameter", "value"),
    [
        (CryptoBody, '{"symbol":7}', "symbol", "7"),
        (CryptoBody, '{"symbol":null}', "symbol", "null"),
        (CryptoBody, '{"symbol":{"a":1}}', "symbol", '{"a":1}'),
        (CryptoBody, '{"symbol":""}', "symbol", ""),
        (CryptoBody, '{"symbol":"NEW","more":1}', "more", "1"),
        (VisualizationBody, CHART + '"chart_type":"pie"}', "chart_type", "pie"),
        (VisualizationBody, CHART + '"indicators":["a",""]}', "indicators[1]", ""),
        (VisualizationBody, '{"name":"a/b"}', "name", "a/b"),
    ],
)
async def test_a_field_that_does_not_fit_is_named_with_its_value(declared, body, parameter, value):
    told = await problem(declared, body)

    assert (told.parameter, told.value) == (parameter, value)
    assert parameter in told.detail
    assert value in told.detail


async def test_a_field_that_is_one_of_some_words_names_them():
    told = await problem(VisualizationBody, CHART + '"chart_type":"pie"}')

    assert "chart_type must be one of line, area, bar, candlestick, was 'pie'" in told.detail


async def test_a_field_that_is_missing_is_named():
    told = await problem(CryptoBody, "{}")

    assert (told.parameter, told.detail) == ("symbol", "The body does not fit: symbol is missing.")


async def test_a_long_value_is_cut():
    told = await problem(VisualizationBody, '{"name":"%s"}' % ("a" * 5_000))

    assert told.value == "a" * 100 + "…"


@pytest.mark.parametrize("body", ['{"symbol":7,"name":' + "[" * 60_000, '{"symbol":7,', "[]"])
async def test_a_body_that_cannot_be_read_to_its_end_is_refused_all_the_same(body):
    assert (await problem(CryptoBody, body)).detail


async def test_a_chart_of_another_name_than_the_path_s_is_named_with_its_value(monkeypatch):
    monkeypatch.setattr("web.visualization.ready", lambda: None)
    request = a_request(b'{"name":"other","crypto_symbol":"BTC"}')

    response = await OneVisualization.put(None, request, name="mine")

    assert response.status == 400
    assert b'"parameter":"name","value":"other"' in response.body
