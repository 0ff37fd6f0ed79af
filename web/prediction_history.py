"""`/api/v1/prediction/{symbol}/historique/`: stored predictions, and those just made."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import Any

from faust.types.web import Request, View

from cryptoviz.prediction.forecaster import Forecaster
from cryptoviz.settings import current
from cryptoviz.timescale import history
from tables import predictions
from web import known, pages, result_rows
from web.answers import Answer
from web.laid_over import begin_of, live_rows, page_of, stream_start
from web.live_rows import known as known_table
from web.live_rows import windows
from web.operation import answers, page
from web.pages import Asked
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
    connections = await pages.pool()
    # In this order: what is published while the rows are read comes in the stream.
    cursor = await stream_start(asked, predictions.rows.name, "prediction")
    # Predictions are for times to come, so a period up to now has those that are made by now.
    end = asked.reach(timedelta(days=1))
    stored = await history.predictions(
        connections, crypto, asked.period.start, end, query.limit, query.cursor, model=model
    )
    live = await live_rows(asked, history.PREDICTIONS, _live(asked, crypto, model))
    seen = result_rows.seen_forecasts
    answer = page_of(asked, history.PREDICTIONS, stored, live, cursor, seen)
    if not asked.rows and not await known.known_crypto(crypto):
        raise asked.unknown("symbol", symbol)
    return answer


async def _live(asked: Asked, crypto: str, model: str | None) -> list[Row]:
    """Return rows of the live table: of each pair the page's newest, and more than it may have."""
    known_table(predictions.rows.name)
    limit = asked.query.limit
    # One is as many rows as there are models. Of the first and the last time some may be on other
    # pages or be missing: there is one for each horizon.
    forecasts = limit if model else limit // len(Forecaster.models) + 1
    forecasts += 2 * len(current().prediction_horizons)
    low = int(asked.period.start.timestamp())
    high = int(begin_of(asked, history.PREDICTIONS).timestamp()) + 1
    span = f"{low}..{max(low, high)}"
    pairs = [pair for pair in known.pairs() if pair.partition("/")[0] == crypto]
    values = [await windows(predictions.rows.name, pair, forecasts, span) for pair in pairs]
    rows = chain.from_iterable(map(result_rows.of_forecast, chain.from_iterable(values)))
    return [row for row in rows if model is None or row["model_name"] == model]
