import pytest

from cryptoviz.environment import SettingsError
from cryptoviz.settings import load
from tables.sizes import key_suffix, label, table_name


def test_candles_come_in_four_sizes():
    assert load({}).candle_sizes == (60, 300, 3600, 86_400)


def test_sizes_are_sorted_and_each_counts_once():
    assert load({"CANDLE_SIZES": "900,60, 900"}).candle_sizes == (60, 900)


@pytest.mark.parametrize("sizes", ["300", "60,90", "x"])
def test_sizes_without_the_minute_or_with_broken_ones_are_refused(sizes):
    with pytest.raises(SettingsError, match="CANDLE_SIZES is wrong"):
        load({"CANDLE_SIZES": sizes})


def test_only_topics_with_pairs_can_be_rekeyed():
    topics = load({"TOPIC_RAWTRADE": "trades", "REKEY_TOPICS": "trades,rawticker"}).rekey_topics

    assert topics == ("trades", "rawticker")
    with pytest.raises(SettingsError, match=r"REKEY_TOPICS must be among .*, was 'rawarticle'"):
        load({"REKEY_TOPICS": "rawarticle"})


@pytest.mark.parametrize(
    ("size_s", "text"), [(60, "1m"), (90, "90s"), (300, "5m"), (3600, "1h"), (86_400, "1d")]
)
def test_a_size_is_written_in_its_longest_whole_unit(size_s, text):
    assert label(size_s) == text


def test_only_an_unusual_size_shows_in_names_and_keys():
    assert (table_name("candles", 60, 60), key_suffix(60, 60)) == ("candles", "")
    assert (table_name("candles", 300, 60), key_suffix(300, 60)) == ("candles_5m", "|300")
