import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz.records import Article
from cryptoviz.sentiment import Mention, SentimentWindow, mentions

START_S = 1_764_310_200


def an_article(url="https://a/1", cryptos=("BTC", "ETH", "MINING"), score=0.9):
    return Article(url, "a_1", "t", "a", None, cryptos, score, "positive", START_S)


def a_mention(article="a", score=0.5, label="neutral", website="site", at_s=0.0):
    return Mention("BTC", article, score, label, website, START_S + at_s, 0, 0)


def a_window(*batches):
    window = SentimentWindow(crypto_symbol="BTC", window_start=START_S, window_end=START_S + 300)
    for batch in batches:
        window.merge(SentimentWindow.summarise(batch))
    return window


def test_an_article_becomes_a_mention_of_each_tracked_crypto():
    found = list(mentions(an_article(), 3, 44, 7.0, frozenset(("BTC", "ETH", "SOL"))))

    assert [mention.crypto_symbol for mention in found] == ["BTC", "ETH"]
    assert {(one.source_partition, one.source_offset, one.source_time_s) for one in found} == {
        (3, 44, 7.0)
    }


def test_articles_are_told_apart_by_their_url_not_their_id():
    first, second = (
        next(iter(mentions(an_article(url), 0, 0, 0.0, frozenset(["BTC"]))))
        for url in ("https://a/1", "https://a/2")
    )

    assert first.article != second.article


def test_an_article_that_came_twice_counts_once():
    window = a_window([a_mention("a", 0.25), a_mention("b", 0.75)], [a_mention("a", 0.25)])

    assert (window.count, window.score) == (2, 0.5)


def test_label_confidence_and_sites_follow_from_the_articles():
    window = a_window(
        [
            a_mention("a", 0.9, "positive", "x"),
            a_mention("b", 0.8, "positive", "y"),
            a_mention("c", 0.2, "negative", "y"),
            a_mention("d", 0.7, "neutral", None),
        ]
    )

    assert (window.label, window.confidence, window.sites) == ("positive", 0.5, 2)
    assert (window.positive, window.neutral, window.negative) == (2, 1, 1)


def test_the_change_is_against_the_window_just_before():
    before, window = a_window([a_mention(score=0.25)]), a_window([a_mention(score=0.75)])

    assert window.change is None
    assert window.follow(before) is True
    assert (window.previous_score, window.change) == (0.25, 0.5)
    assert window.follow(before) is False


some_mentions = st.lists(
    st.builds(
        a_mention,
        article=st.sampled_from("abcdefgh"),
        score=st.floats(0, 1),
        label=st.sampled_from(["positive", "neutral", "negative"]),
        website=st.sampled_from(["x", "y", None]),
        at_s=st.integers(0, 299),
    ),
    min_size=1,
    max_size=20,
)


@given(some_mentions, st.randoms(use_true_random=False), st.integers(1, 20))
def test_batches_order_and_repetition_change_no_byte(mentions, chance, size):
    shuffled = mentions * 2
    chance.shuffle(shuffled)
    batches = [shuffled[at : at + size] for at in range(0, len(shuffled), size)]

    encode = msgspec.json.encode
    assert encode(a_window(*batches)) == encode(a_window(mentions))


def test_the_mean_is_exact():
    assert a_window([a_mention(str(n), 0.1) for n in range(10)]).score == pytest.approx(0.1, abs=0)


def test_a_mention_takes_no_more_of_a_website_than_a_host_may_have():
    article = Article("u", None, None, "w" * 600_000, None, ("BTC",), 0.5, "neutral", START_S)

    (mention,) = mentions(article, 0, 0, 0.0, frozenset(["BTC"]))

    assert mention.website == "w" * 253


def test_ten_thousand_articles_make_a_row_that_kafka_takes():
    window = a_window([a_mention(f"{n:016x}", website="cointelegraph.com") for n in range(10_000)])

    assert len(msgspec.json.encode(window)) < 1_000_000
