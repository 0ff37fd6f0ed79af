"""The OpenAPI document has every route of the views, and every status that they answer."""

import re

import pytest

from cryptoviz.app import app
from web import asyncapi, openapi, whole_range
from web.answers import Refusal
from web.formats import ARROW, CSV
from web.operation import operations


@pytest.fixture(scope="module")
def document():
    app.finalize()
    app.discover()
    openapi.document.cache_clear()
    return openapi.document()


def test_every_route_of_a_view_is_in_the_document_aliases_too(document):
    served = {re.sub(r":[^}]*}", "}", path) for path in app.web.views}

    assert {"/health/", "/api/v1/health/", "/api/v1/stream/"} <= set(document["paths"])
    assert served == set(document["paths"])


def test_every_operation_has_an_id_of_its_own(document):
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]

    assert len(ids) == len(set(ids))


def test_no_description_is_indented_which_would_be_code_in_markdown(document):
    schemas = {
        **document["components"]["schemas"],
        **asyncapi.document()["components"]["schemas"],
    }
    described = {name: one["description"] for name, one in schemas.items() if "description" in one}

    assert any("\n" in text for text in described.values())
    assert {name for name, text in described.items() if "\n  " in text} == set()


def test_what_can_happen_to_any_request_is_declared(document):
    for operation in operations:
        responses = document["paths"][operation.path][operation.method]["responses"]
        assert "500" in responses, operation.path
        assert ("406" in responses) is operation.declared.tabular, operation.path


@pytest.mark.parametrize("kind", [CSV, ARROW])
def test_arrow_without_pyarrow_is_refused_as_declared(monkeypatch, kind):
    monkeypatch.setattr("web.formats.HAS_ARROW", False)
    candles = next(one for one in operations if one.name == "candle_history")

    def write():
        return whole_range.writer_of(kind, whole_range.row_type(candles.declared.answer))

    if kind == CSV:
        assert write().end().startswith(b"timestamp,")
    else:
        with pytest.raises(Refusal, match="pyarrow") as refused:
            write()
        assert refused.value.problem.status == 406
