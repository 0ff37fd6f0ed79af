"""`/api/v1/config/visualization/`: how charts are drawn, by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from faust.types.web import Request
from faust.web import View
from msgspec import Meta

from cryptoviz.period import PeriodName
from tables.configuration import Visualization, visualizations
from web.answers import Answer, Refusal, json_answer
from web.live_rows import ready
from web.operation import answers, page
from web.queries import CryptoText, crypto_of

# No slash, which would end the name in the path, and no control characters.
NameText = Annotated[
    str,
    Meta(min_length=1, max_length=100, pattern=r"^[^/\x00-\x1f\x7f]+$", description="Its name."),
]
ChartType = Literal["line", "area", "bar", "candlestick"]
Indicators = Annotated[list[Annotated[str, Meta(min_length=1, max_length=50)]], Meta(max_length=20)]


class VisualizationBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A chart as it is written."""

    name: NameText
    crypto_symbol: CryptoText
    time_range: PeriodName = "24h"
    chart_type: ChartType = "candlestick"
    indicators: Indicators = []


class VisualizationReplacement(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A chart as it replaces another of its name."""

    name: NameText | None = None
    crypto_symbol: CryptoText
    time_range: PeriodName = "24h"
    chart_type: ChartType = "candlestick"
    indicators: Indicators = []


class VisualizationChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    crypto_symbol: CryptoText | msgspec.UnsetType = msgspec.UNSET
    time_range: PeriodName | msgspec.UnsetType = msgspec.UNSET
    chart_type: ChartType | msgspec.UnsetType = msgspec.UNSET
    indicators: Indicators | msgspec.UnsetType = msgspec.UNSET


class VisualizationList(msgspec.Struct, kw_only=True):
    """All charts, by name."""

    count: int
    data: list[Visualization]


@page("/api/v1/config/visualization/")
class Visualizations(View):
    """How charts are drawn."""

    @answers(VisualizationList, problems=(503,))
    async def get(self, request: Request) -> Answer:
        """Return all charts, by name."""
        ready()
        found = visualizations.all()
        return json_answer(VisualizationList(count=len(found), data=found))

    @answers(Visualization, status=201, problems=(400, 409, 503))
    async def post(self, request: Request, body: VisualizationBody) -> Answer:
        """Add a chart; answers when its changelog record is acknowledged."""
        ready()
        entry = _entry(body.name, body, None)
        async with visualizations.change():
            if visualizations.get(body.name) is not None:
                detail = f"There is a chart {body.name!r} already."
                raise Refusal(409, detail, parameter="name", value=body.name)
            await visualizations.put(body.name, entry)
        return json_answer(entry, status=201)


@page("/api/v1/config/visualization/{name}/")
class OneVisualization(View):
    """How one chart is drawn."""

    @answers(Visualization, problems=(400, 404, 503))
    async def get(self, request: Request, name: NameText) -> Answer:
        """Return a chart."""
        return json_answer(_found(name))

    @answers(Visualization, problems=(400, 503))
    async def put(self, request: Request, name: NameText, body: VisualizationReplacement) -> Answer:
        """Put a chart in the place of the one of this name, or add it."""
        ready()
        if body.name not in (None, name):
            raise Refusal(
                400,
                f"name must be that of the path, {name!r}, was {body.name!r}.",
                parameter="name",
                value=body.name,
            )
        async with visualizations.change():
            entry = _entry(name, body, visualizations.get(name))
            await visualizations.put(name, entry)
        return json_answer(entry)

    @answers(Visualization, problems=(400, 404, 503))
    async def patch(self, request: Request, name: NameText, body: VisualizationChange) -> Answer:
        """Change a part of a chart."""
        given = {
            field: value
            for field in body.__struct_fields__
            if (value := getattr(body, field)) is not msgspec.UNSET
        }
        async with visualizations.change():
            known = _found(name)
            if "crypto_symbol" in given:
                given["crypto_symbol"] = crypto_of(given["crypto_symbol"], "crypto_symbol")
            changed = msgspec.structs.replace(known, **given, updated_at=datetime.now(UTC))
            await visualizations.put(name, changed)
        return json_answer(changed)

    @answers(None, status=204, problems=(400, 404, 503))
    async def delete(self, request: Request, name: NameText) -> Answer:
        """Delete a chart."""
        async with visualizations.change():
            await visualizations.delete(_found(name).name)
        return Answer(b"", status=204)


def _entry(
    name: str, body: VisualizationBody | VisualizationReplacement, known: Visualization | None
) -> Visualization:
    now = datetime.now(UTC)
    return Visualization(
        name=name,
        crypto_symbol=crypto_of(body.crypto_symbol, "crypto_symbol"),
        time_range=body.time_range,
        chart_type=body.chart_type,
        indicators=body.indicators,
        created_at=now if known is None else known.created_at,
        updated_at=now,
    )


def _found(name: str) -> Visualization:
    ready()
    entry = visualizations.get(name)
    if entry is None:
        raise Refusal(404, f"There is no chart {name!r}.", parameter="name", value=name)
    return entry
