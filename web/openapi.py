"""`/openapi.json`: OpenAPI 3.1 of the views, made from what they declare; `/docs/`: for people."""

from __future__ import annotations

import html
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from aiohttp import web
from faust.types.web import Request, View

from cryptoviz.app import app
from web.answers import JSON, PROBLEM, Answer, Problem, json_answer
from web.formats import TABULAR
from web.json_schema import json_schemas
from web.operation import Operation, answers, operations, page

_MEANINGS = {
    304: "Unchanged since the answer whose ETag was given.",
    400: "A parameter or the body is malformed; the problem names it and its value.",
    404: "Nothing is known of what the path names.",
    405: "The path does not take this method.",
    406: "Rows cannot be had in the format that Accept names: Arrow where there is no pyarrow.",
    409: "There is one already.",
    413: "The body is too large.",
    415: "The body is no application/json.",
    500: "The server could not answer; its log says why.",
    503: "Recovering, or without a database; Retry-After says when to ask again.",
}


@page("/openapi.json")
@answers(dict[str, Any])
async def openapi(view: View, request: Request) -> Answer:
    """Return this document."""
    return json_answer(document())


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document of all declared operations."""
    listed = sorted(operations, key=lambda each: (each.path, each.method))
    types = [Problem]
    for operation in listed:
        types += [each for each in (operation.body, operation.declared.answer) if each]
    _, components = json_schemas(types)
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CRYPTO VIZ",
            "version": version("cryptoviz"),
            "description": "History, live tables and streams of crypto market data.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [
            *_parameters("path", operation.match),
            *_parameters("query", operation.query),
        ],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        schema = _schema(operation.body)
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return described


def _parameters(where: str, declared: type[Any] | None) -> list[dict[str, Any]]:
    if declared is None:
        return []
    _, components = json_schemas([declared])
    struct = components[declared.__name__]
    needed = struct.get("required", [])
    return [
        _parameter(where, name, _without_null(schema), required=name in needed)
        for name, schema in struct["properties"].items()
    ]


def _parameter(where: str, name: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    described = {"name": name, "in": where, "required": required}
    if "description" in schema:
        described["description"] = schema.pop("description")
    return {**described, "schema": schema}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    # A parameter is left out, it is never null.
    if "anyOf" not in schema:
        return dict(schema)
    return next(dict(option) for option in schema["anyOf"] if option.get("type") != "null")


def _responses(operation: Operation) -> dict[str, Any]:
    declared = operation.declared
    success: dict[str, Any] = {"description": HTTPStatus(declared.status).phrase}
    if declared.answer is not None:
        schema = _schema(declared.answer)
        success["content"] = {declared.content_type: {"schema": schema}}
    if declared.tabular:
        for kind in TABULAR[1:]:
            success["content"][kind] = {}
    responses = {str(declared.status): success}
    if operation.method == "get" and declared.status == HTTPStatus.OK:
        responses["304"] = {"description": _MEANINGS[304]}
    problems = {*declared.problems, 500}
    if operation.match is not None:
        # A path that is spelled so that it is another one meets no view, or one that says no.
        problems |= {400, 404, 405}
    if operation.body is not None:
        problems |= {413, 415}
    if declared.tabular:
        problems.add(406)
    for status in sorted(problems):
        content = {PROBLEM: {"schema": _schema(Problem)}}
        if status == HTTPStatus.SERVICE_UNAVAILABLE and declared.says_503:
            content[declared.content_type] = {"schema": _schema(declared.answer)}
        responses[str(status)] = {"description": _MEANINGS[status], "content": content}
    return responses


def _schema(declared: Any) -> dict[str, Any]:
    (schema,), _ = json_schemas([declared])
    return schema


async def docs(request: web.Request) -> web.Response:
    """Return a page for people, made of nothing but the document itself."""
    return web.Response(text=_page(), content_type="text/html")


@cache
def _page() -> str:
    parts = []
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            rows = "".join(_row(parameter) for parameter in operation["parameters"])
            table = f"<table>{rows}</table>" if rows else ""
            statuses = ", ".join(operation["responses"])
            parts.append(
                f"<section><h2><b>{method.upper()}</b> <code>{html.escape(path)}</code></h2>"
                f"<p>{html.escape(operation['summary'])}</p>{table}"
                f"<p>Answers: {statuses}</p></section>"
            )
    return _FRAME.replace("{sections}", "\n".join(parts))


def _row(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    kind = ", ".join(map(str, schema.get("enum", []))) or schema.get("type", "")
    note = parameter.get("description", "")
    if "default" in schema and schema["default"] is not None:
        note = f"{note} Default: {schema['default']}."
    cells = (parameter["name"], parameter["in"], kind, note)
    return "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells) + "</tr>"


_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>CRYPTO VIZ API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid #8884; padding: .5rem 0 }
h2 { font-size: 1rem } h2 b { color: #06c } td { padding: .1rem .8rem .1rem 0; font-size: .9rem }
</style></head><body><h1>CRYPTO VIZ API</h1>
<p>Made from <a href="/openapi.json">openapi.json</a>; topics and live feeds are in
<a href="/asyncapi.json">asyncapi.json</a>.</p>
{sections}
</body></html>
"""

app.web.web_app.router.add_get("/docs/", docs)  # type: ignore[attr-defined]
