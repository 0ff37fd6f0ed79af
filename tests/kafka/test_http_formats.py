"""Formats, caching, origins and documents of the HTTP interface."""

import csv
import gzip
import io
import time

import pyarrow
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_pydantic import OpenAPI
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from tests.kafka.http_workers import TICKERS, ask

CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@pytest.fixture
def worker(http_workers):
    return http_workers[0]


def test_whole_ranges_come_as_csv_and_arrow(worker):
    path = "/api/v1/ticker/BTC/USD/historique/"
    _, headers, body = ask(worker, path, Accept="text/csv")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    stream = ask(worker, path, Accept="application/vnd.apache.arrow.stream")[2]
    table = pyarrow.ipc.open_stream(stream).read_all()

    assert headers["Content-Type"].startswith("text/csv")
    assert len(rows) == table.num_rows == TICKERS // 2
    assert float(rows[0]["last"]) == table["last"][0].as_py() == 348.0
    assert pyarrow.types.is_timestamp(table.schema.field("timestamp").type)


def test_an_unchanged_answer_is_not_sent_again_and_a_long_one_is_compressed(worker):
    path = "/api/v1/ticker/BTC/USD/historique/?date_fin=2020-01-01&periode=1h"
    _, headers, _ = ask(worker, path)
    assert "max-age=3600" in headers["Cache-Control"]
    assert ask(worker, path, If_None_Match=headers["ETag"])[0] == 304

    path = "/api/v1/instruments/"
    plain = ask(worker, "/openapi.json")[2]
    _, headers, packed = ask(worker, "/openapi.json", Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain


def test_only_allowed_origins_may_read(worker):
    _, allowed, _ = ask(worker, "/api/v1/cryptos/", Origin="https://charts.example")
    _, other, _ = ask(worker, "/api/v1/cryptos/", Origin="https://other.example")

    assert allowed["Access-Control-Allow-Origin"] == "https://charts.example"
    assert other["Access-Control-Allow-Origin"] is None


def test_chart_front_ends_find_their_data_feed(worker):
    now = int(time.time())
    bars = worker.get(f"/udf/history?symbol=BTC/USD&resolution=1&from={now - 86_400}&to={now}")

    assert "1D" in worker.get("/udf/config")["supported_resolutions"]
    assert worker.get("/udf/symbols?symbol=BTC/USD")["has_intraday"]
    assert [row["symbol"] for row in worker.get("/udf/search?query=eth")] == ["ETH/USD"]
    assert bars["s"] == "ok"
    assert bars["t"] == sorted(bars["t"])
    assert sum(bars["v"]) == TICKERS // 2


def test_the_documents_are_those_of_their_standards(worker):
    asyncapi = worker.get("/asyncapi.json")

    assert OpenAPI.model_validate(worker.get("/openapi.json")).openapi == "3.1.0"
    assert asyncapi["asyncapi"] == "3.0.0"
    assert {"candles_changelog", "crypto_configuration_changelog", "ws"} <= set(
        asyncapi["channels"]
    )
    assert b"<h1>" in ask(worker, "/docs/")[2]


def test_no_request_makes_a_500_or_an_answer_that_is_not_documented(worker):
    document = worker.get("/openapi.json")
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=f"http://127.0.0.1:{worker.web_port}")
    load_all_checks()
    checks = [CHECKS.get_one(name) for name in CHECKED]
    operations = [result.ok() for result in schema.get_all_operations()]

    for operation in operations:
        cases = [operation.as_strategy(GenerationMode.POSITIVE)]
        if operation.body or list(operation.iter_parameters()):
            cases.append(operation.as_strategy(GenerationMode.NEGATIVE))

        @settings(
            max_examples=16,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(cases))
        def every_answer_is_documented(case):
            answer = requests.request(**case.as_transport_kwargs(), stream=True, timeout=20)
            if answer.headers["Content-Type"] == "text/event-stream":
                # Such an answer does not end, so only its beginning can be looked at.
                assert case.operation.path.rstrip("/") == "/api/v1/stream"
                assert answer.status_code == 200
                assert next(answer.iter_lines()).startswith(b"retry:")
                answer.close()
            else:
                case.validate_response(answer, checks=checks)

        every_answer_is_documented()
    documented = {(path, one) for path, all_of in document["paths"].items() for one in all_of}
    assert {(one.path, one.method) for one in operations} == documented
