"""An article: a news text about cryptos, with the sentiment its producer found in it.

Its time is the first of: `published_at`, the Unix time at the end of its id, `scraped_at`, the
record's Kafka timestamp. The first that is there decides: if it is not to be believed, the article
is rejected rather than filed under the next one, which would hide a broken producer. Its label is
the producer's own when it is one of the three; any other is replaced by that of the score.
"""

from __future__ import annotations

import msgspec

from cryptoviz import event_time, pair
from cryptoviz.records.fields import Fields, Shape
from cryptoviz.records.rejection import Code, RejectionError
from cryptoviz.records.rules import Reader, Rules
from cryptoviz.score import Label, Scale, ScoreError, known_label, label_of, on_unit_scale

_SHAPE = Shape(
    "id", "title", "url", "website", "content", "cryptocurrencies_mentioned", "sentiment",
    "published_at", "scraped_at",
)  # fmt: skip
_CONTENT = Shape("summary", "text")
_SENTIMENT = Shape("score", "label")


class Article(msgspec.Struct, gc=False):
    """One article: *cryptos* are symbols and words in upper case, each once, in order of mention.

    *score* is in [0, 1], 0.5 is neutral. *event_time_s* is Unix time in seconds. *url* or *id*
    is there; texts that were not sent are None.
    """

    url: str | None
    id: str | None
    title: str | None
    website: str | None
    summary: str | None
    cryptos: tuple[str, ...]
    score: float
    label: Label
    event_time_s: float

    @property
    def identity(self) -> str:
        """The url, else the id: two articles can share an id."""
        return self.url or self.id or ""


def reader(rules: Rules) -> Reader[Article]:
    """Return a function that reads one message. Articles are few, so it always reads carefully."""

    def read(value: bytes | None, kafka_timestamp_ms: int) -> Article:
        fields = _SHAPE.fields(value)
        url, identifier = fields.text("url"), fields.text("id")
        if url is None and identifier is None:
            raise fields.rejection(Code.MISSING_FIELD, "url", "be there when id is missing too")
        content = fields.inner("content", _CONTENT)
        score, label = _sentiment(fields.inner("sentiment", _SENTIMENT), rules.sentiment_scale)
        return Article(
            url,
            identifier,
            fields.text("title"),
            fields.text("website"),
            content.text("summary") or content.text("text"),
            _cryptos(fields),
            score,
            label,
            _event_time_s(fields, identifier, kafka_timestamp_ms),
        )

    return read


def _event_time_s(fields: Fields, identifier: str | None, kafka_timestamp_ms: int) -> float:
    published_s = fields.time_s("published_at", kafka_timestamp_ms)
    if published_s is not None:
        return published_s
    in_identifier = event_time.at_end_of(identifier or "")
    if in_identifier is not None:
        try:
            return event_time.believed(in_identifier, kafka_timestamp_ms)
        except event_time.TimeError as error:
            must = f"end with a time that must {error}"
            raise fields.rejection(Code.BAD_TIME, "id", must) from None
    scraped_s = fields.time_s("scraped_at", kafka_timestamp_ms)
    if scraped_s is not None:
        return scraped_s
    if kafka_timestamp_ms / 1000.0 < event_time.EARLIEST_S:
        raise RejectionError(
            Code.BAD_TIME,
            "the Kafka timestamp of an article without a time must not lie before 2009-01-03, "
            f"was {kafka_timestamp_ms} ms",
        )
    return kafka_timestamp_ms / 1000.0


def _sentiment(fields: Fields, scale: Scale) -> tuple[float, Label]:
    sent = fields.needed_number("score")
    label = known_label(fields.text("label"))
    try:
        score = on_unit_scale(sent, scale, label)
    except ScoreError as error:
        raise fields.rejection(Code.BAD_SCORE, "score", str(error)) from None
    return score, label or label_of(score)


def _cryptos(fields: Fields) -> tuple[str, ...]:
    mentioned = (_mentioned(text) for text in fields.texts("cryptocurrencies_mentioned"))
    return tuple(dict.fromkeys(word for word in mentioned if word))


def _mentioned(text: str) -> str:
    try:
        return pair.crypto(text)
    except pair.PairError:
        # Scrapers also list words such as "mining" or "Shiba Inu". They are no crypto that anybody
        # tracks, and no reason to lose the article.
        return " ".join(text.upper().split())
