"""Sentiment windows: what articles said of one crypto in one window."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from cryptoviz import exact, metrics
from cryptoviz.origin import Progress
from cryptoviz.records import Article
from cryptoviz.score import label_of
from cryptoviz.window import Window

LONGEST_HOST = 253

__all__ = ["Mention", "Opinion", "Progress", "SentimentWindow", "mentions"]


class Mention(msgspec.Struct, gc=False, tag="mention", tag_field="kind"):
    """One crypto named by one article; travels on the internal mentions topic.

    *source_partition* and *source_offset* are the article's, so replays stay exact although
    this record's own offset differs then; *source_time_s* is the stream time (s) there before
    the article, 0 if unknown. *article* is a hash of the article's identity.
    """

    crypto_symbol: str
    article: str
    score: float
    label: str
    website: str | None
    event_time_s: float
    source_partition: int
    source_offset: int
    source_time_s: float = 0.0


def mentions(
    article: Article, partition: int, offset: int, source_time_s: float, tracked: frozenset[str]
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
                # It only tells sites apart; no name of a host is longer.
                article.website and article.website[:LONGEST_HOST],
                article.event_time_s,
                partition,
                offset,
                source_time_s,
            )


class Opinion(msgspec.Struct, array_like=True, order=True, gc=False):
    """What one article added to a window; of an article that came twice, the least counts."""

    event_time_s: float
    score: float
    label: str
    website: str


class SentimentWindow(Window):
    """The mean score of the articles that name *crypto_symbol*, each article once.

    Scores are in [0, 1]. *label* follows from the mean score; *positive*, *neutral* and
    *negative* count the articles' own labels. *confidence* is the share of articles whose
    label is the window's. *sites* counts the distinct websites. *change* is that of
    cryptoviz.metrics against *previous_score*, the score of the window just before. *opinions*
    maps an article's hash to its event time, score, label and website.
    """

    follows: ClassVar[bool] = True

    crypto_symbol: str = ""
    count: int = 0
    score: float = 0.5
    label: str = "neutral"
    positive: int = 0
    neutral: int = 0
    negative: int = 0
    confidence: float = 0.0
    sites: int = 0
    previous_score: float | None = None
    change: float | None = None
    opinions: dict[str, Opinion] = msgspec.field(default_factory=dict)

    @staticmethod
    def summarise(mentions: Sequence[Mention]) -> dict[str, Opinion]:
        """Return the opinion of each article that *mentions*, all of one crypto, come from."""
        opinions: dict[str, Opinion] = {}
        for mention in mentions:
            opinion = Opinion(
                mention.event_time_s, mention.score, mention.label, mention.website or ""
            )
            known = opinions.get(mention.article)
            # An order of the opinions themselves, so that it does not matter which came first.
            opinions[mention.article] = opinion if known is None else min(known, opinion)
        return opinions

    def merge(self, summary: dict[str, Opinion]) -> None:
        """Fold the opinions of *summary*; articles that are known already change little."""
        opinions = self.opinions | {
            article: min(opinion, self.opinions.get(article, opinion))
            for article, opinion in summary.items()
        }
        # In the order of their keys, so that the same articles make the same bytes.
        self.opinions = dict(sorted(opinions.items()))
        self._recount()

    def follow(self, previous: SentimentWindow) -> bool:
        """Note the score of the window just before; return whether it is another one."""
        is_new = self.previous_score != previous.score
        self.previous_score = previous.score
        self.change = metrics.sentiment_change(self.score, self.previous_score)
        return is_new

    def _recount(self) -> None:
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
        self.change = metrics.sentiment_change(self.score, self.previous_score)
