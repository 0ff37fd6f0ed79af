"""Pages of history: reading them, and what an answer says beside their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import quote_plus, urlencode

from faust.types.web import Request
from msgspec.structs import fields

from cryptoviz.settings import current
from cryptoviz.timescale.page import Page
from cryptoviz.timescale.pool import Pool
from web.answers import Answer, Refusal, bad_parameter, encode, unavailable
from web.database import database
from web.parameters import shown
from web.queries import HistoryQuery

# A past that no record changes any more can be kept by caches for as long.
FINAL_AGE_S = 3_600
# The sink may be behind; what is older is stored, or the database is down.
STORED_AFTER = timedelta(minutes=5)
_SETTLED_AFTER = timedelta(seconds=current().lateness) + STORED_AFTER
# As JSON writes it in a row; within a text its quotes would be escaped.
_NOT_FINAL = b'"final":false'


class Asked:
    """One question for a page: its parameters, and what names its subject in the answer.

    *lasts* is how long after its time a row of the range may still form: windows that are chosen
    by their start do so until they end.
    """

    def __init__(
        self,
        request: Request,
        query: HistoryQuery,
        subject: Mapping[str, str],
        lasts: timedelta = timedelta(),
    ) -> None:
        self.path: str = request.path  # type: ignore[attr-defined]
        self.query, self.subject, self.lasts = query, subject, lasts
        self.period = query.period()
        self.rows = 0
        self.as_of = query.as_of

    @property
    def is_newest(self) -> bool:
        """Whether the page begins at now, so that a stream goes on from it."""
        return self.period.reaches_now and self.query.cursor is None

    @property
    def is_final(self) -> bool:
        """Whether, by the clock, no record that is still to come can change the answer."""
        return self.period.end < datetime.now(UTC) - self.lasts - _SETTLED_AFTER

    @property
    def start_of_page(self) -> datetime:
        """Where a page of rows that have no rivals at their times begins, exclusive."""
        if self.query.cursor is None:
            return self.period.end
        try:
            return min(self.period.end, datetime.fromisoformat(self.query.cursor))
        except (ValueError, TypeError):
            detail = f"cursor must be the next of an answer, was {shown(self.query.cursor)}"
            raise bad_parameter("cursor", self.query.cursor, detail) from None

    def reach(self, beyond: timedelta) -> datetime:
        """Return the end, moved *beyond* if it is now; the pages that follow have it too."""
        if self.is_newest:
            self.period = self.period._replace(end=self.period.end + beyond)
        return self.period.end

    def behind(self, time: str) -> str:
        """Return the cursor of the page behind a row at *time*, whose time has no rival."""
        return _utc(datetime.fromisoformat(time))

    def following(self, cursor: str) -> str:
        """Return where the page behind *cursor* is, a text that a URL takes as it is."""
        # The ends are fixed with the first page, so that later ones do not shift with the clock.
        start, end = _utc(self.period.start), _utc(self.period.end)
        found = f"{self.path}?date_debut={start}&date_fin={end}&limit={self.query.limit}"
        if filters := self._filters():
            found += f"&{urlencode(filters)}"
        as_of = "" if self.as_of is None else f"&as_of={quote_plus(self.as_of)}"
        return f"{found}&cursor={cursor}{as_of}"

    def _filters(self) -> dict[str, str]:
        query = self.query
        return {
            parameter: value
            for name, parameter in _filter_names(type(query))
            if (value := getattr(query, name)) is not None
        }

    def unknown(self, parameter: str, value: str) -> Refusal:
        """Return the refusal of a subject that nothing was ever heard of."""
        detail = f"Nothing is known of the {parameter} {shown(value)}."
        return Refusal(404, detail, parameter=parameter, value=value)


@cache
def _filter_names(query: type[HistoryQuery]) -> list[tuple[str, str]]:
    """Return the fields, and their parameters, that say of what a page is, not which page."""
    return [
        (each.name, each.encode_name)
        for each in fields(query)
        if each.name not in HistoryQuery.__struct_fields__
    ]


def _utc(time: datetime) -> str:
    # With a Z, not a + that a URL has to escape; faster than isoformat.
    return encode(time)[1:-1].decode()


async def pool() -> Pool:
    """Return connections to the database; raises `Refusal` (503) if there are none."""
    if not database.is_configured:
        raise unavailable("TIMESCALE_DSN is not set, so there is no history.", 60)
    if trouble := await database.trouble():
        raise unavailable(f"The database does not answer: {trouble}.")
    return await database.pool()


def paged(
    asked: Asked, page: Page, stream: str | None = None, *, never_change: bool = False
) -> Answer:
    """Return the answer that holds *page*, and the *stream* cursor behind it.

    Rows of a raw topic *never_change*; others say whether they are final.
    """
    asked.rows = page.rows
    following = asked.following(page.next_cursor) if page.next_cursor else None
    head = encode({**asked.subject, "count": page.rows, "next": following, "stream": stream})
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    # Rows know more than the clock: a worker may be behind, a price may never have come.
    if asked.is_final and (never_change or _NOT_FINAL not in page.body):
        headers["Cache-Control"] = f"public, max-age={FINAL_AGE_S}"
    return Answer(b"".join((head[:-1], b',"data":[', page.objects, b"]}")), headers=headers)
