import json

import pytest

from cryptoviz.records import Article, Code, Rules
from cryptoviz.records.article import reader
from cryptoviz.records.rejection import RejectionError

T_S = 1_764_313_285
KAFKA_MS = (T_S + 100) * 1000


def a_message(**changes):
    message = {
        "id": f"cointelegraph_{T_S}",
        "title": "Bitcoiners accuse JPMorgan",
        "url": "https://cointelegraph.com/news/1",
        "website": "cointelegraph.com",
        "content": {"summary": "They do."},
        "cryptocurrencies_mentioned": ["BTC", "ETH"],
        "sentiment": {"score": 0.993, "label": "positive"},
    } | changes
    return json.dumps(message).encode()


def read(kafka_timestamp_ms=KAFKA_MS, scale="unit", **changes):
    return reader(Rules(sentiment_scale=scale))(a_message(**changes), kafka_timestamp_ms)


def rejection_of(**changes):
    with pytest.raises(RejectionError) as caught:
        read(**changes)
    return caught.value.code, caught.value.reason


def test_an_article_is_read_with_all_its_fields():
    assert read() == Article(
        url="https://cointelegraph.com/news/1",
        id=f"cointelegraph_{T_S}",
        title="Bitcoiners accuse JPMorgan",
        website="cointelegraph.com",
        summary="They do.",
        cryptos=("BTC", "ETH"),
        score=0.993,
        label="positive",
        event_time_s=T_S,
    )


def test_its_time_is_published_at_before_all_others():
    times = {"published_at": T_S - 50, "scraped_at": T_S + 50}

    assert read(**times).event_time_s == T_S - 50


def test_its_time_is_then_the_one_at_the_end_of_its_id():
    assert read(published_at=None, scraped_at=T_S + 50).event_time_s == T_S


@pytest.mark.parametrize("identifier", [None, "abc", "https://news.example/story_2024"])
def test_its_time_is_then_scraped_at(identifier):
    assert read(id=identifier, scraped_at=(T_S + 50) * 1000).event_time_s == T_S + 50


def test_its_time_is_at_last_the_kafka_timestamp():
    assert read(id="abc", kafka_timestamp_ms=T_S * 1000 + 500).event_time_s == T_S + 0.5


@pytest.mark.parametrize("kafka_timestamp_ms", [-1, 0])
def test_without_any_time_it_is_rejected(kafka_timestamp_ms):
    code, reason = rejection_of(id="abc", kafka_timestamp_ms=kafka_timestamp_ms)

    assert code == Code.BAD_TIME
    assert reason.endswith(f"was {kafka_timestamp_ms} ms")


@pytest.mark.parametrize("sent", [T_S + 4000, 1_000_000_000])
def test_a_published_at_out_of_bounds_is_rejected_not_passed_over(sent):
    code, reason = rejection_of(published_at=sent)

    assert code == Code.BAD_TIME
    assert reason.startswith("published_at must ")
    assert reason.endswith(f"was {sent}")


def test_a_published_at_that_is_no_number_is_rejected():
    assert rejection_of(published_at="2025-11-28T07:01:25Z") == (
        Code.WRONG_TYPE,
        'published_at must be a number, was "2025-11-28T07:01:25Z"',
    )


def test_a_time_in_the_id_out_of_bounds_is_rejected():
    code, reason = rejection_of(id="cointelegraph_9999999999")

    assert code == Code.BAD_TIME
    assert reason.startswith("id must end with a time that must lie at most 1 h after")


def test_its_identity_is_its_url():
    assert read().identity == "https://cointelegraph.com/news/1"


@pytest.mark.parametrize("url", [None, "", "  "])
def test_its_identity_is_its_id_when_it_has_no_url(url):
    assert read(url=url).identity == f"cointelegraph_{T_S}"


def test_an_article_without_url_and_id_is_rejected():
    assert rejection_of(url=None, id=None) == (
        Code.MISSING_FIELD,
        "url must be there when id is missing too, was null",
    )


def test_its_summary_is_else_its_text():
    assert read(content={"text": "long"}).summary == "long"
    assert read(content={"summary": "short", "text": "long"}).summary == "short"


@pytest.mark.parametrize("content", [None, {}, {"summary": None}])
def test_its_content_may_be_missing(content):
    assert read(content=content).summary is None


@pytest.mark.parametrize(("field", "sent"), [("title", 7), ("website", []), ("url", {})])
def test_a_field_that_is_no_text_is_rejected(field, sent):
    assert rejection_of(**{field: sent}) == (
        Code.WRONG_TYPE,
        f"{field} must hold text, was {json.dumps(sent)}",
    )


@pytest.mark.parametrize("field", ["content", "sentiment"])
def test_content_and_sentiment_must_be_objects(field):
    assert rejection_of(**{field: "positive"}) == (
        Code.WRONG_TYPE,
        f'{field} must be a JSON object, was "positive"',
    )


def test_nul_characters_are_left_out_of_texts():
    assert read(title="a\0b").title == "ab"


def test_cryptos_are_normalised_and_each_named_once():
    assert read(cryptocurrencies_mentioned=["xbt", "ETH", "BTC", "xdg"]).cryptos == (
        "BTC", "ETH", "DOGE",
    )  # fmt: skip


@pytest.mark.parametrize("sent", [None, []])
def test_an_article_may_mention_no_crypto(sent):
    assert read(cryptocurrencies_mentioned=sent).cryptos == ()


@pytest.mark.parametrize("sent", ["BTC", {"BTC": 1}, 7, [7], ["BTC", None], [["BTC"]]])
def test_cryptos_must_be_a_list_of_texts(sent):
    code, reason = rejection_of(cryptocurrencies_mentioned=sent)

    assert code == Code.WRONG_TYPE
    assert reason.startswith("cryptocurrencies_mentioned must ")


def test_a_mentioned_word_that_is_no_symbol_stays_a_word():
    article = read(cryptocurrencies_mentioned=["Shiba  Inu", "xbt", "mining", " "])

    assert article.cryptos == ("SHIBA INU", "BTC", "MINING")


@pytest.mark.parametrize("sent", [-0.5, 1.5, -2])
def test_a_unit_score_outside_0_and_1_is_rejected(sent):
    code, reason = rejection_of(sentiment={"score": sent})

    assert code == Code.BAD_SCORE
    assert reason.startswith("sentiment.score must lie in [0, 1]")
    assert reason.endswith(f"was {sent}")


@pytest.mark.parametrize(("sent", "score"), [(-0.5, 0.25), (0.5, 0.75)])
def test_the_signed_scale_maps_every_score(sent, score):
    assert read(scale="signed", sentiment={"score": sent}).score == score


def test_the_confidence_scale_reads_the_score_by_its_label():
    sentiment = {"score": 0.9, "label": "NEGATIVE"}

    article = read(scale="confidence", sentiment=sentiment)

    assert (article.score, article.label) == (pytest.approx(0.05), "negative")


@pytest.mark.parametrize("label", [None, "bullish"])
def test_the_confidence_scale_rejects_a_score_without_one_of_the_labels(label):
    sentiment = {"score": 0.9, "label": label}

    code, reason = rejection_of(scale="confidence", sentiment=sentiment)

    assert code == Code.BAD_SCORE
    assert "come with a label" in reason


@pytest.mark.parametrize(
    ("score", "label"), [(0.61, "positive"), (0.6, "neutral"), (0.4, "neutral"), (0.39, "negative")]
)
@pytest.mark.parametrize("sent", [None, "bullish"])
def test_a_label_that_is_not_one_of_the_three_is_replaced_by_that_of_the_score(score, label, sent):
    assert read(sentiment={"score": score, "label": sent}).label == label


def test_a_label_that_is_one_of_the_three_is_the_producers_to_choose():
    assert read(sentiment={"score": 0.55, "label": "Positive"}).label == "positive"


@pytest.mark.parametrize("sentiment", [None, {}, {"label": "positive"}])
def test_a_score_must_be_there(sentiment):
    assert rejection_of(sentiment=sentiment) == (
        Code.MISSING_FIELD,
        "sentiment.score must be there, was missing",
    )
