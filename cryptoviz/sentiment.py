"""Sentiment windows: what articles said of one crypto in one window."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from cryptoviz import exact
from cryptoviz.records import Article
from cryptoviz.score import label_of
from cryptoviz.window import Window


class Mention(msgspec.Struct, gc=False, tag="mention", tag_field="kind"):
    """One crypto named by one article; travels on the internal mentions topic.

    *source_partition* and *source_offset* are the article's, so replays stay exact although
    this record's own offset differs then. *article* is a hash of the article's identity.
    """

    crypto_symbol: str
    article: str
    score: float
    label: str
    website: str | None
    event_time_s: float
    source_partition: int
    source_offset: int


class Progress(msgspec.Struct, gc=False, tag="progress", tag_field="kind"):
    """Says how far event time has come in a source partition; sent to every mention partition.

    Without it, a partition whose cryptos nobody writes about would never close its windows.
    """

    source_partition: int
    source_offset: int
    stream_time_s: float


def mentions(
    article: Article, partition: int, offset: int, tracked: frozenset[str]
) -> Iterator[Mention]:
    """Yield one mention for each tracked crypto that *article* names."""
    digest = hashlib.blake2b(article.identity.encode(), digest_size=8).hexdigest()
    for crypto in article.cryptos:
        if crypto in tracked:
            yield Mention(
                crypto,
                digest,
                article.score,
                article.label,
                article.website,
                article.event_time_s,
                partition,
                offset,
            )


class Opinion(msgspec.Struct, array_like=True, order=True, gc=False):
    """What one article added to a window; of an article that came twice, the least counts."""

    event_time_s: float
    source_partition: int
    source_offset: int
    score: float
    label: str
    website: str | None


class SentimentWindow(Window):
    """The mean score of the articles that name *crypto_symbol*, each article once.

    Scores are in [0, 1]. *label* follows from the mean score; *positive*, *neutral* and
    *negative* count the articles' own labels. *confidence* is the share of articles whose
    label is the window's. *sites* counts the distinct websites. *opinions* maps an article's
    hash to its event time, source partition, source offset, score, label and website.
    """

    crypto_symbol: str = ""
    count: int = 0
    score: float = 0.5
    label: str = "neutral"
    positive: int = 0
    neutral: int = 0
    negative: int = 0
    confidence: float = 0.0
    sites: int = 0
    opinions: dict[str, Opinion] = msgspec.field(default_factory=dict)

    def add(self, mentions: Sequence[Mention]) -> None:
        """Fold *mentions*, at least one, all of this window's crypto."""
        for mention in mentions:
            opinion = Opinion(
                mention.event_time_s,
                mention.source_partition,
                mention.source_offset,
                mention.score,
                mention.label,
                mention.website,
            )
            known = self.opinions.get(mention.article)
            # An order of the opinions themselves, so that it does not matter which came first.
            self.opinions[mention.article] = opinion if known is None else min(known, opinion)
        self._summarise()

    def _summarise(self) -> None:
        opinions = self.opinions.values()
        labels = Counter(opinion.label for opinion in opinions)
        self.count = len(opinions)
        self.score = exact.mean(sum(exact.units(opinion.score for opinion in opinions)), self.count)
        self.label = label_of(self.score)
        self.positive = labels["positive"]
        self.neutral = labels["neutral"]
        self.negative = labels["negative"]
        self.confidence = labels[self.label] / self.count
        self.sites = len({opinion.website for opinion in opinions if opinion.website})
