"""What a client takes: formats, compression, and what it has already."""

from types import SimpleNamespace

import pytest

from web.answers import JSON, Answer, respond
from web.formats import ARROW, CSV, wanted


def a_request(**headers):
    return SimpleNamespace(
        headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


@pytest.mark.parametrize(
    ("accepted", "kind"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/csv", CSV),
        ("Text/CSV; charset=utf-8", CSV),
        ("text/*", CSV),
        (f"{ARROW}, */*;q=0.1", ARROW),
        ("text/csv;q=0.1, application/json", JSON),
        ("application/json;q=0.5, text/csv", CSV),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("text/csv;q=0", JSON),
        ("text/csv;q=much", JSON),
        ("image/png", JSON),
    ],
)
def test_the_format_that_a_client_prefers_is_chosen(accepted, kind):
    assert wanted(a_request(Accept=accepted)) == kind


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
def test_only_who_takes_gzip_gets_it(accepted, is_packed):
    answer = respond(a_request(Accept_Encoding=accepted), Answer(b"[" + b"1," * 1_000 + b"1]"))

    assert (answer.headers.get("Content-Encoding") == "gzip") is is_packed


def test_who_has_an_answer_already_is_told_so():
    answer = Answer(b"{}")
    opaque = answer.etag.removeprefix("W/")

    for known in (answer.etag, opaque, "*", f'"other", {answer.etag}'):
        assert respond(a_request(If_None_Match=known), answer).status == 304
    for other in ('"other"', opaque[:-2] + '"', ""):
        assert respond(a_request(If_None_Match=other), answer).status == 200
