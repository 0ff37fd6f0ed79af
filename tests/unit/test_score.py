import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz.score import LABELS, ScoreError, known_label, label_of, on_unit_scale


@pytest.mark.parametrize(
    ("score", "label"),
    [
        (1.0, "positive"),
        (0.601, "positive"),
        (0.6, "neutral"),
        (0.5, "neutral"),
        (0.4, "neutral"),
        (0.399, "negative"),
        (0.0, "negative"),
    ],
)
def test_above_06_is_positive_and_below_04_negative(score, label):
    assert label_of(score) == label


@pytest.mark.parametrize("score", [0.0, 0.25, 1.0])
def test_a_unit_score_is_taken_as_it_is(score):
    assert on_unit_scale(score, "unit", None) == score


def test_a_negative_unit_score_is_refused_with_a_hint():
    with pytest.raises(ScoreError, match=r"lie in \[0, 1\] \(or set SENTIMENT_SCALE=signed\)"):
        on_unit_scale(-0.2, "unit", None)


@pytest.mark.parametrize(("signed", "score"), [(-1, 0), (-0.5, 0.25), (0, 0.5), (0.2, 0.6), (1, 1)])
def test_a_signed_score_is_mapped_whatever_its_sign(signed, score):
    assert on_unit_scale(signed, "signed", None) == score


@pytest.mark.parametrize(
    ("label", "score"), [("positive", 0.9), ("negative", 0.1), ("neutral", 0.5)]
)
def test_a_confidence_counts_towards_its_label(label, score):
    assert on_unit_scale(0.8, "confidence", label) == pytest.approx(score)


def test_a_confidence_needs_a_label():
    with pytest.raises(ScoreError, match="come with a label"):
        on_unit_scale(0.8, "confidence", None)


@pytest.mark.parametrize(
    ("score", "scale"),
    [(1.01, "unit"), (-1.01, "signed"), (1.01, "signed"), (-0.1, "confidence"), (2, "confidence")],
)
def test_a_score_outside_its_scale_is_refused(score, scale):
    with pytest.raises(ScoreError, match="lie in"):
        on_unit_scale(score, scale, "positive")


@given(
    st.floats(), st.sampled_from(["unit", "signed", "confidence"]), st.sampled_from([*LABELS, None])
)
def test_every_score_that_is_accepted_lies_between_0_and_1(score, scale, label):
    try:
        assert 0 <= on_unit_scale(score, scale, label) <= 1
    except ScoreError:
        pass


def test_a_label_is_known_in_any_case():
    assert [known_label(text) for text in ("Positive", " NEUTRAL ", "bullish", "", None)] == [
        "positive", "neutral", None, None, None,
    ]  # fmt: skip
