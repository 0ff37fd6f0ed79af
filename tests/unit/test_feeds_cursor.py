"""Cursors of feeds: a text from which a stream goes on."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptoviz.feeds.cursor import Cursor, CursorError, Rank, WindowKey, parse

offsets = st.integers(0, 2**63 - 1)
feeds = st.sampled_from(["ticker", "candles", "sentiment"])
subjects = st.sampled_from(["BTC/USD", "BTC/USD:5m", "ETH2.S/EUR", "BTC"])
windows = st.builds(WindowKey, feeds, subjects, st.integers(0, 2**40))
ranks = st.builds(Rank, offsets, st.booleans())


# A busy machine is no reason to give up on the generated cursors.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(feeds, st.lists(st.none() | offsets, min_size=1, max_size=5), min_size=1),
    st.dictionaries(windows, ranks, max_size=5),
)
def test_a_cursor_is_read_back_from_its_text(positions, floors):
    cursor = Cursor(positions, floors)

    assert parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ticker:x",
        "ticker:-1",
        "ticker:1_0",
        "ticker:٣",
        "!a:b:1:2",
        "!a:b:1:2:3:x",
        "ticker:" + "9" * 30,
    ],
)
def test_any_other_text_is_refused_by_name(text):
    with pytest.raises(CursorError, match="cursor must be one that an answer or a stream"):
        parse(text)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text):
    try:
        parse(text)
    except CursorError:
        pass
