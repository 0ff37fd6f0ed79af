import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz.pair import QUOTES, PairError, crypto, lookup, normalise, split

SYMBOLS = st.from_regex(r"[A-Z][A-Z0-9]{1,9}", fullmatch=True)


@pytest.mark.parametrize("text", ["BTC-USD", "btc_usd", "BTC/USD", "XBT/USD", "XXBTZUSD", "BTCUSD"])
def test_every_spelling_of_a_pair_is_one_pair(text):
    assert normalise(text) == "BTC/USD"


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("BTCUSDT", "BTC/USDT"),
        ("xbteur", "BTC/EUR"),
        ("XDGUSD", "DOGE/USD"),
        ("XDG/XBT", "DOGE/BTC"),
        ("XXDGZUSD", "DOGE/USD"),
        ("XETHZEUR", "ETH/EUR"),
        ("XETHXXBT", "ETH/BTC"),
        ("XXRPZUSD", "XRP/USD"),
        ("XXBT/ZUSD", "BTC/USD"),
        ("USDTZUSD", "USDT/USD"),
        (" sol / eur ", "SOL/EUR"),
        ("ETH2.S/USD", "ETH2.S/USD"),
        ("1INCHUSDT", "1INCH/USDT"),
    ],
)
def test_old_and_joined_spellings_become_todays_symbols(text, pair):
    assert normalise(text) == pair


@pytest.mark.parametrize(
    ("text", "pair"), [("XTZUSD", "XTZ/USD"), ("ZECUSD", "ZEC/USD"), ("FOOZUSD", "FOOZ/USD")]
)
def test_a_symbol_that_only_looks_old_is_left_alone(text, pair):
    assert normalise(text) == pair


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("BNBUSD", "BNB/USD"),
        ("ETHBUSD", "ETH/BUSD"),
        ("DOTUSD", "DOT/USD"),
        ("BTCTUSD", "BTC/TUSD"),
        ("USDTUSD", "USDT/USD"),
    ],
)
def test_of_two_splits_the_one_with_a_known_base_wins(text, pair):
    assert normalise(text) == pair


@pytest.mark.parametrize("text", ["ARBUSD", "FOOBUSD"])
def test_a_pair_with_two_meanings_is_refused_and_both_are_named(text):
    with pytest.raises(PairError, match=rf"pair must have one meaning, was '{text}': .* or "):
        normalise(text)


def test_a_joined_pair_is_split_only_by_the_quotes_that_are_known():
    assert normalise("BTCMXN", ("MXN",)) == "BTC/MXN"
    with pytest.raises(PairError, match="end with a known quote, was 'BTCMXN'"):
        normalise("BTCMXN")


@pytest.mark.parametrize(
    "text",
    ["", " ", "BTC", "WBTC",
        "QBTC",
        "BTCBTC",
        "BTCXBT", "TUSD", "FDUSD", "BTC/", "/USD", "BTC/BTC", "XBT/BTC", "A/B/C",
     "BTC-USD-PERP", "BTCUSD_PERP", "BTCUSDT_240329", "BTC|USD", "BTC/U|SD", "BTC/U D", "btcusd!",
     "ßTC/USD", "ＢＴＣ/USD", "BTC/USD\n/", "\ud800/USD", "B" * 30 + "/USD", "." + "/USD"],
)  # fmt: skip
def test_what_is_no_pair_with_certainty_is_refused(text):
    with pytest.raises(PairError, match="pair must be BASE/QUOTE"):
        normalise(text)


def test_the_error_shows_the_start_of_a_long_text():
    with pytest.raises(PairError) as caught:
        normalise("x" * 1_000_000)

    assert len(str(caught.value)) < 200


@given(SYMBOLS, st.sampled_from("/-_"), SYMBOLS)
def test_a_normalised_pair_normalises_to_itself(base, separator, quote):
    try:
        pair = normalise(base + separator + quote)
    except PairError:
        return

    assert normalise(pair) == pair
    assert "/".join(split(pair)) == pair
    assert normalise(pair.lower().replace("/", "-")) == pair


@given(st.text())
def test_any_text_is_a_pair_without_a_bar_or_an_error(text):
    try:
        pair = normalise(text)
    except PairError as error:
        assert str(error).isprintable()
    else:
        assert "|" not in pair
        assert all(split(pair))


def test_a_lookup_answers_as_normalise_does_and_forgets_errors():
    pair_of = lookup(QUOTES)

    assert [pair_of("xbt-usd"), pair_of("xbt-usd")] == ["BTC/USD", "BTC/USD"]
    with pytest.raises(PairError):
        pair_of("btcusd!")
    assert pair_of.cache_info().currsize == 1
    assert pair_of.cache_info().maxsize is not None


@pytest.mark.parametrize("text", ["BTC", "BTC/", "/USD", "BTC/USD/EUR", "btc/usd", "BTC/US|D"])
def test_only_a_normalised_pair_can_be_cut(text):
    with pytest.raises(PairError, match="pair must be BASE/QUOTE, was"):
        split(text)


def test_a_crypto_gets_todays_upper_case_symbol():
    assert [crypto(text) for text in ("btc", "XBT", " xdg ", "XXRP")] == [
        "BTC", "BTC", "DOGE", "XRP",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "BTC|ETH", "Shiba Inu", "BTC/USD", "é", "A" * 21])
def test_what_is_no_symbol_is_no_crypto(text):
    with pytest.raises(PairError, match="crypto must be a symbol such as BTC, was"):
        crypto(text)
