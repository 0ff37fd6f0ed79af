"""`/api/v1/prediction/{symbol}/historique/`: stored predictions, and those just made."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import Any

from faust.types.web import Request, View

from cryptoviz.prediction.forecaster import Forecaster
from cryptoviz.timescale import history
from tables import predictions
from web import known, overlay, pages, result_rows
from web.answers import Answer
from web.live_rows import known as known_table
from web.live_rows import windows
from web.operation import answers, page
from web.pages import Asked, paged
from web.queries import CryptoText, PredictionQuery, crypto_of, no_nul
from web.stored import CryptoHistory, PredictionRow

Row = dict[str, Any]


@page("/api/v1/prediction/{symbol}/historique/")
@answers(CryptoHistory[PredictionRow], problems=(400, 404, 503), cached_s=1.0, tabular=True)
async def prediction_history(
    view: View, request: Request, symbol: CryptoText, query: PredictionQuery
) -> Answer:
    """Return the predictions for a crypto by the time predicted for, newest first."""
    crypto, model = crypto_of(symbol), no_nul("model", query.model)
    asked = Asked(request, query, {"crypto_symbol": crypto})
    read = _newest if asked.is_newest else _stored
    answer = await read(asked, crypto, model)
    if not asked.rows and not await known.known_crypto(crypto):
        raise asked.unknown("symbol", symbol)
    return answer


async def _stored(asked: Asked, crypto: str, model: str | None) -> Answer:
    period, query = asked.period, asked.query
    connections = await pages.pool()
    found = await history.predictions(
        connections, crypto, period.start, period.end, query.limit, query.cursor, model=model
    )
    return paged(asked, found)


async def _newest(asked: Asked, crypto: str, model: str | None) -> Answer:
    limit, start = asked.query.limit, asked.period.start
    connections = await pages.pool()
    known_table(predictions.rows.name)
    # In this order: what is published while the rows are read comes in the stream.
    cursor = await overlay.stream_start("prediction")
    # Predictions are for times to come, so a period up to now has those that are made by now.
    end = asked.reach(timedelta(days=1))
    stored = await history.predictions(connections, crypto, start, end, limit, model=model)
    live = await _live(crypto, model, limit)
    seen = result_rows.seen_forecasts
    return result_rows.newest_page(asked, history.PREDICTIONS, cursor, stored, live, seen)


async def _live(crypto: str, model: str | None, limit: int) -> list[Row]:
    """Return rows of the newest predictions in the live table, enough for *limit* of any pair."""
    forecasts = limit if model else limit // len(Forecaster.models) + 1
    pairs = [pair for pair in known.pairs() if pair.partition("/")[0] == crypto]
    values = [await windows(predictions.rows.name, pair, forecasts) for pair in pairs]
    rows = chain.from_iterable(map(result_rows.of_forecast, chain.from_iterable(values)))
    return [row for row in rows if model is None or row["model_name"] == model]
