import json
import sys

import msgspec
import pytest
from aiokafka.structs import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from cryptoviz.records import Alert, Article, Code, Rules, Ticker, Trade, declared, decoder_for
from cryptoviz.records import ticker as tickers
from cryptoviz.records import trade as trades
from cryptoviz.records.rejection import RejectionError
from tests.reading import Raw

T_S = 1_764_310_291
T_MS = T_S * 1000
KINDS = [Ticker, Trade, Article, Alert]
DECODERS = {kind: decoder_for(kind, Rules()) for kind in KINDS}


GOOD = {
    Ticker: {"pair": "BTC/USD", "last": 3.5, "bid": 3, "ask": 4, "volume_24h": 9, "timestamp": T_S},
    Trade: {"pair": "ETH/USD", "price": 2400.5, "volume": 2.1, "timestamp": T_S, "side": "b"},
    Article: {
        "id": f"a_{T_S}",
        "url": "https://a.example",
        "title": "t",
        "website": "a.example",
        "content": {"summary": "s"},
        "cryptocurrencies_mentioned": ["BTC"],
        "sentiment": {"score": 0.9, "label": "positive"},
        "published_at": T_S,
        "scraped_at": T_S,
    },
    Alert: {"pair": "BTC/USD", "last": 3, "change": 1.2, "threshold": 1, "timestamp": T_S},
}

# Texts of JSON values, well and ill-formed, near the bounds of what is accepted.
TOKENS = st.one_of(
    st.sampled_from(
        [
            "null", "true", "false", "0", "-0", "-0.0", "1e999", "-1e999", "1e-999", "5e-324",
            "1.7976931348623157e308", "NaN", "-Infinity", "01", "1.", ".5", "[]", "{}", '""',
            '"null"', '"NULL"', '"\\u006eull"', '" null"', '"inf"', '"-inf"', '"nan"', '"1e999"',
            '"0x1"', '"1_0"', '" 1"', '"+1"', '"-1"', '"01"', '".5"', '"1\\u0031"', '"b"', '"S"',
            '"sell"', '"\\u0000"', '"\\ud800"', '"XXBTZUSD"', '"btc-usd"', '"ARBUSD"', '"A|B/C"',
            str(T_S), str(T_S * 10**3), str(T_S * 10**9), f'"{T_S}"', f"{T_S}.5", f"{T_S + 3600}",
            f"{T_S + 3600}.5", "1230940800", "1230940799.9", "1" * 400, "9" * 25,
        ]
    ),
    st.integers().map(str),
    st.floats().map(json.dumps),
    st.floats(min_value=1e-9, max_value=1e9).map(repr),
    st.floats().map(lambda number: f'"{number!r}"'),
    st.text().map(json.dumps),
    st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5).map(json.dumps),
)  # fmt: skip


def changed_messages(kind):
    good = {name: json.dumps(value) for name, value in GOOD[kind].items()}
    changes = st.dictionaries(st.sampled_from([*good, "else"]), TOKENS, max_size=3)
    missing = st.sets(st.sampled_from(sorted(good)), max_size=1)

    def assembled(changes, missing):
        tokens = {k: v for k, v in (good | changes).items() if k not in missing}
        body = ",".join(f'"{name}":{token}' for name, token in tokens.items())
        return ("{" + body + "}").encode("utf-8", "surrogatepass")

    return st.builds(assembled, changes, missing)


@st.composite
def damaged_messages(draw, kind):
    value = draw(changed_messages(kind))
    start = draw(st.integers(0, len(value)))
    return value[:start] + draw(st.binary(max_size=4)) + value[start + draw(st.integers(0, 4)) :]


def outcome(read, value, kafka_timestamp_ms):
    try:
        return repr(read(value, kafka_timestamp_ms))
    except RejectionError as rejection:
        return rejection.code, rejection.reason


def assert_every_message_is_accounted_for(decoded, raw):
    assert len(decoded.records) + len(decoded.rejected) == len(raw)
    accepted = range(len(raw)) if decoded.indexes is None else decoded.indexes
    rejected = [rejection.index for rejection in decoded.rejected]
    assert sorted([*accepted, *rejected]) == list(range(len(raw)))
    assert list(accepted) == sorted(accepted)
    assert rejected == sorted(rejected)
    for rejection in decoded.rejected:
        assert rejection.code in list(Code)
        assert rejection.reason.isprintable()
        assert len(rejection.reason.encode()) < 1000


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_no_bytes_raise_and_every_message_is_accounted_for(kind, data):
    values = st.one_of(
        st.none(),
        st.binary(),
        changed_messages(kind),
        damaged_messages(kind),
        TOKENS.map(str.encode),
    )
    raws = st.builds(Raw, values, st.sampled_from([T_MS, -1, 0, 2**63 - 1]))
    batch = data.draw(st.lists(raws, max_size=8))

    decoded = DECODERS[kind](batch)

    assert_every_message_is_accounted_for(decoded, batch)


@pytest.mark.parametrize(("kind", "module"), [(Ticker, tickers), (Trade, trades)])
@given(data=st.data())
def test_messages_read_at_once_are_what_they_would_be_read_carefully_one_by_one(kind, module, data):
    good = st.just(json.dumps(GOOD[kind]).encode())
    values = st.one_of(good, good, changed_messages(kind), damaged_messages(kind))
    raws = st.builds(Raw, values, st.sampled_from([T_MS, T_MS + 1, -1, 0]))
    batch = data.draw(st.lists(raws, min_size=1, max_size=12))
    read = module.reader(Rules())

    decoded = DECODERS[kind](batch)

    accepted = range(len(batch)) if decoded.indexes is None else decoded.indexes
    records = [repr(declared(record)) for record in decoded.records]
    at_once = dict(zip(accepted, records, strict=True))
    at_once |= {bad.index: (bad.code, bad.reason) for bad in decoded.rejected}
    assert [at_once[index] for index in range(len(batch))] == [
        outcome(read, raw.value, raw.timestamp) for raw in batch
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_batch_needs_no_indexes(kind):
    decoded = DECODERS[kind]([Raw(json.dumps(GOOD[kind]).encode())] * 3)

    assert len(decoded.records) == 3
    assert all(isinstance(record, kind) for record in decoded.records)
    assert (decoded.indexes, decoded.rejected) == (None, [])


def test_an_empty_batch_is_decoded_to_nothing():
    decoded = DECODERS[Ticker]([])

    assert (decoded.records, decoded.indexes, decoded.rejected) == ([], None, [])


def test_a_bad_message_leaves_its_neighbours_in_place():
    good = json.dumps(GOOD[Ticker]).encode()

    decoded = DECODERS[Ticker]([Raw(b"?"), Raw(good), Raw(None), Raw(good)])

    assert decoded.indexes == [1, 3]
    assert [(bad.index, bad.code) for bad in decoded.rejected] == [
        (0, "not_json"),
        (2, "empty_value"),
    ]


@pytest.mark.parametrize(
    "halves",
    [
        (b'{"pair":"}', b'{","last":1,"timestamp":1764310291}'),
        (b'{"pair":"A', b'","last":1,"timestamp":1764310291}'),
        (b'{"pair":"A/B"', b'"last":1,"timestamp":1764310291}'),
        (b'{"x":[{}', b'{}],"pair":"A/B","last":1,"timestamp":1764310291}'),
    ],
)
def test_messages_that_are_whole_only_together_are_rejected_apart(halves):
    one = json.dumps(GOOD[Ticker]).encode()
    batch = [Raw(value) for value in (*halves, one + b"," + one, one)]

    decoded = DECODERS[Ticker](batch)

    assert decoded.indexes == [3]


@pytest.mark.parametrize("field", ["cryptocurrencies_mentioned", "sentiment", "else"])
def test_no_depth_of_nesting_raises(field):
    # The parser's limit is Python's own, less the frames that are already on the stack; since
    # Python 3.12 C code has a limit of its own, which no depth of this size reaches.
    limit = sys.getrecursionlimit()
    depths = [*range(limit - 300, limit + 10), 1_000_000]
    good = json.dumps(GOOD[Article]).encode().removesuffix(b"}")
    batch = [Raw(b'%b,"%b":%b%b}' % (good, field.encode(), b"[" * d, b"]" * d)) for d in depths]

    decoded = DECODERS[Article](batch)

    assert_every_message_is_accounted_for(decoded, batch)
    assert decoded.rejected[-1].code == Code.TOO_DEEP


def test_equal_messages_are_all_kept():
    batch = [Raw(json.dumps(GOOD[Trade]).encode(), offset=i) for i in range(5)]

    assert len(DECODERS[Trade](batch).records) == 5


def test_the_kafka_timestamp_that_bounds_a_message_is_its_own():
    late = json.dumps(GOOD[Ticker] | {"timestamp": T_S + 5000}).encode()

    decoded = DECODERS[Ticker]([Raw(late, T_MS), Raw(late, T_MS + 5_000_000)])

    assert decoded.indexes == [1]


def test_what_aiokafka_delivers_is_a_raw_record():
    value = json.dumps(GOOD[Alert]).encode()
    record = ConsumerRecord("rawalert", 0, 7, T_MS, 0, None, value, None, 0, len(value), ())

    assert DECODERS[Alert]([record]).records == [Alert("BTC/USD", 3, 1.2, 1, T_S)]


def test_a_reason_shows_only_the_start_of_a_long_value():
    [rejected] = DECODERS[Ticker]([Raw(b'{"pair":"' + b"\x00\xff" * 500_000)]).rejected

    assert rejected.code == Code.NOT_JSON
    assert len(rejected.reason) < 1000


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_encoded_by_the_fields_of_its_class_whichever_way_it_was_read(kind):
    (record,) = DECODERS[kind]([Raw(json.dumps(GOOD[kind]).encode())]).records

    assert tuple(msgspec.to_builtins(declared(record))) == kind.__struct_fields__
